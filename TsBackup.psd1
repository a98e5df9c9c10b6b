@{
    RootModule           = 'bin/TsBackup.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '6f0d4f0c-6a0e-4c55-9d0b-3a7f5a3c9e11'
    Author               = 'The TsBackup developers'
    CompanyName          = 'TsBackup'
    Copyright            = '(c) The TsBackup developers. MIT license.'
    Description          = 'Backs up, verifies and restores time-series stores: InfluxDB 1.x, Alibaba Cloud Tablestore and line protocol files. Deduplicated, compressed, encrypted, verified to the last point.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('bin/TsBackup.Format.ps1xml')
    TypesToProcess       = @('bin/TsBackup.Types.ps1xml')
    FunctionsToExport    = @()
    CmdletsToExport      = @(
        'Add-BackupKey'
        'Backup-TimeSeries'
        'Compare-BackupVersion'
        'Copy-BackupVersion'
        'Get-BackupContent'
        'Get-BackupKey'
        'Get-BackupRepository'
        'Get-BackupVersion'
        'Get-TimeSeriesStore'
        'New-BackupRepository'
        'Optimize-BackupRepository'
        'Remove-BackupKey'
        'Remove-BackupVersion'
        'Repair-BackupRepository'
        'Restore-TimeSeries'
        'Test-TimeSeriesBackup'
        'Undo-BackupVersionRemoval'
    )
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags = @('Backup', 'Restore', 'TimeSeries', 'InfluxDB', 'Tablestore', 'PSEdition_Core', 'Linux', 'Windows', 'MacOS')
        }
    }
}
