@{
    RootModule           = 'bin/TsBackup.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '6f0d4f0c-6a0e-4c55-9d0b-3a7f5a3c9e11'
    Author               = 'The TsBackup developers'
    CompanyName          = 'TsBackup'
    Copyright            = '(c) The TsBackup developers. MIT license.'
    Description          = 'Backs up, verifies and restores time-series stores: InfluxDB, OpenTSDB, Apache Druid and Alibaba Cloud Tablestore. Deduplicated, compressed, encrypted, verified to the last point.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('bin/TsBackup.Format.ps1xml')
    TypesToProcess       = @('bin/TsBackup.Types.ps1xml')
    FunctionsToExport    = @()
    CmdletsToExport      = @(
        'Backup-TimeSeries'
        'Compare-BackupVersion'
        'Get-BackupContent'
        'Get-BackupRepository'
        'Get-BackupVersion'
        'Get-TimeSeriesStore'
        'New-BackupRepository'
        'Restore-TimeSeries'
        'Test-TimeSeriesBackup'
    )
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags = @('Backup', 'Restore', 'TimeSeries', 'InfluxDB', 'OpenTSDB', 'Druid', 'Tablestore', 'PSEdition_Core', 'Linux', 'Windows', 'MacOS')
        }
    }
}
