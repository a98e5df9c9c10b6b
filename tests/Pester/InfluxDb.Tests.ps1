BeforeDiscovery {
    . $PSScriptRoot/Common.ps1
    $servers = Get-ChildItem (Join-Path $root 'tests/TsBackup.TestServers/bin') -Recurse -Filter TsBackup.TestServers.dll -ErrorAction SilentlyContinue |
        Sort-Object LastWriteTime | Select-Object -Last 1
    $unavailable = if ($servers) {
        Add-Type -Path $servers.FullName
        [TsBackup.TestServers.InfluxDbServer]::Unavailable
    }
    else { 'tests/TsBackup.TestServers is not built.' }
    if ($unavailable) { Write-Warning "NO REAL INFLUXDB SERVER, its suite is skipped: $unavailable" -WarningAction Continue }
}

Describe 'A real InfluxDB server' -Skip:([bool]$unavailable) {
    BeforeAll {
        . $PSScriptRoot/Common.ps1
        $options = [TsBackup.TestServers.InfluxDbServerOptions]@{ AdminUser = 'admin' }
        $server = [TsBackup.TestServers.InfluxDbServer]::StartAsync($options).GetAwaiter().GetResult()
        $credential = [pscredential]::new('admin', (ConvertTo-Secret $options.AdminPassword))

        function Invoke-Query([string] $Query, [string] $Database = '') {
            $server.QueryAsync($Query, $Database).GetAwaiter().GetResult()
        }

        function Get-StoreUri([string] $Database) {
            "influxdb://127.0.0.1:$($server.HttpPort)/$Database"
        }

        # Everything the server shows of a database, by its own words.
        function Get-Everything([string] $Database) {
            foreach ($policy in 'autogen', 'long') {
                foreach ($table in 'cpu', 'log,\ strange', 'conflict') {
                    $name = $table -replace '\\', ''
                    Invoke-Query "SELECT * FROM `"$policy`".`"$name`" GROUP BY *" $Database
                }
            }
            Invoke-Query "SHOW RETENTION POLICIES ON `"$Database`""
            Invoke-Query 'SHOW CONTINUOUS QUERIES' | ForEach-Object { ($_ | ConvertFrom-Json).results.series | Where-Object name -eq $Database | ConvertTo-Json -Depth 9 }
        }

        Invoke-Query 'CREATE DATABASE telemetry' | Out-Null
        Invoke-Query 'CREATE RETENTION POLICY long ON telemetry DURATION INF REPLICATION 1 SHARD DURATION 30d' | Out-Null
        Invoke-Query 'CREATE CONTINUOUS QUERY hourly ON telemetry BEGIN SELECT mean(usage) INTO telemetry.long.cpu_hourly FROM telemetry.autogen.cpu GROUP BY time(1h), * END' | Out-Null
        $lines = [Text.StringBuilder]::new()
        foreach ($i in 1..5000) {
            $time = 1700000000000000000L + $i * 60000000007L
            [void]$lines.Append("cpu,host=h$($i % 20),dc=eu\ west usage=$($i % 100).25,total=$(9007199254740993L + $i)i,up=$(if ($i % 2) { 't' } else { 'f' }),name=""n $i \""q\"""" $time`n")
        }
        [void]$lines.Append("cpu,host=h1 usage=-0 -1000000001`ncpu,host=h1 usage=4.9E-324 1`n")
        [void]$lines.Append("log\,\ strange,k\=1=v\,\ 2 f\ ield=1i 1600000000000000000`n")
        $server.WriteAsync('telemetry', $lines.ToString(), '').GetAwaiter().GetResult()
        $server.WriteAsync('telemetry', "conflict v=1i 1000000000000000000`n", 'long').GetAwaiter().GetResult()
        $server.WriteAsync('telemetry', "conflict v=""text"" 1500000000000000000`n", 'long').GetAwaiter().GetResult()
        $before = Get-Everything telemetry
        $repository = New-Repository
        $version = Backup-TimeSeries (Get-StoreUri telemetry) $repository -Credential $credential
    }

    AfterAll {
        if ($server) { $server.DisposeAsync().AsTask().GetAwaiter().GetResult() }
    }

    It 'is backed up whole' {
        $version.State | Should -Be 'Complete'
        $version.Kind | Should -Be 'InfluxDB'
        ($version | Get-BackupContent).Table | Should -Contain 'cpu'
        $version.Store | Should -Not -Match 'admin'
    }

    It 'passes every level of test' {
        foreach ($level in 'Quick', 'Stored', 'Full', 'Source', 'Drill') {
            $result = $version | Test-TimeSeriesBackup -Level $level -Credential $credential
            $result.Passed | Should -BeTrue -Because "$level found $($result.Problems.Message -join ' ')"
        }
        Invoke-Query 'SHOW DATABASES' | Should -Not -Match 'tsbackup_drill'
    }

    It 'comes back equal to the last bit after it was destroyed' {
        Invoke-Query 'DROP DATABASE telemetry' | Out-Null
        $result = Get-BackupVersion $repository -Latest | Restore-TimeSeries -Target (Get-StoreUri telemetry) -Credential $credential
        $result.RowsFailed | Should -Be 0
        $result.RowsRestored | Should -Be $version.Rows
        $result.Verified | Should -BeTrue
        Get-Everything telemetry | Should -Be $before
    }

    It 'is restored into another database under other names' {
        $result = $version | Restore-TimeSeries -Target (Get-StoreUri elsewhere) -Credential $credential -Table autogen/cpu -Rename @{ cpu = 'cpu2' }
        $result.Verified | Should -BeTrue
        (Get-TimeSeriesStore (Get-StoreUri elsewhere) -Credential $credential).Tables.Table | Should -Be 'cpu2'
    }

    It 'is restored as shard files through the backup port' {
        $target = "$(Get-StoreUri native)?snapshot=127.0.0.1:$($server.BackupPort)"
        $result = $version | Restore-TimeSeries -Target $target -Credential $credential -Verbose 4>&1
        ($result | Where-Object { $_ -is [Management.Automation.VerboseRecord] }) -join ' ' | Should -Match 'as shard files through the snapshot port'
        ($result | Where-Object { $_ -isnot [Management.Automation.VerboseRecord] }).Verified | Should -BeTrue
    }

    It 'is restored into files and back' {
        $files = Get-FileUri (New-Folder)
        ($version | Restore-TimeSeries -Target $files).Verified | Should -BeTrue
        (Backup-TimeSeries $files (New-Repository)).Rows | Should -Be $version.Rows
    }

    It 'refuses wrong credentials and unknown databases' {
        $wrong = [pscredential]::new('admin', (ConvertTo-Secret 'wrong'))
        (Get-FirstError { Backup-TimeSeries (Get-StoreUri telemetry) $repository -Credential $wrong @args }).FullyQualifiedErrorId |
            Should -Be 'StoreCredentialRejected,TsBackup.Commands.BackupTimeSeriesCommand'
        (Get-FirstError { Backup-TimeSeries (Get-StoreUri unknown) $repository -Credential $credential @args }).FullyQualifiedErrorId |
            Should -Be 'StoreNotFound,TsBackup.Commands.BackupTimeSeriesCommand'
        (Get-FirstError { $version | Restore-TimeSeries -Target (Get-StoreUri telemetry) -Credential $credential @args }).FullyQualifiedErrorId |
            Should -Be 'TargetExists,TsBackup.Commands.RestoreTimeSeriesCommand'
    }

    It 'takes the password from the environment' {
        $env:TSBACKUP_STORE_PASSWORD = $options.AdminPassword
        try { (Get-TimeSeriesStore ((Get-StoreUri telemetry) -replace '//', '//admin@')).Tables.Count | Should -BeGreaterThan 2 }
        finally { $env:TSBACKUP_STORE_PASSWORD = $null }
    }
}
