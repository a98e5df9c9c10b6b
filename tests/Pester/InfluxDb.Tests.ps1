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

    It 'is restored with other names of whole retention policies, which their queries follow' {
        $target = "$(Get-StoreUri renamed)?snapshot=127.0.0.1:$($server.BackupPort)"
        $result = $version | Restore-TimeSeries -Target $target -Credential $credential -Rename @{ 'autogen/' = 'raw/'; 'long/' = 'kept/' }
        $result.Verified | Should -BeTrue
        $result.Tables.TargetTable | Should -Contain 'raw/cpu'
        ((Invoke-Query 'SHOW RETENTION POLICIES ON renamed' | ConvertFrom-Json).results.series.values | ForEach-Object { $_[0] } | Sort-Object) |
            Should -Be 'kept', 'raw'
        $queries = ((Invoke-Query 'SHOW CONTINUOUS QUERIES' | ConvertFrom-Json).results.series | Where-Object name -eq 'renamed').values
        $queries[0][1] | Should -Match 'INTO renamed\.kept\.cpu_hourly FROM renamed\.raw\.cpu'
    }

    It 'gives a table and a time range through the backup port as well' {
        $target = "$(Get-StoreUri part)?snapshot=127.0.0.1:$($server.BackupPort)"
        $result = $version | Restore-TimeSeries -Target $target -Credential $credential -Table cpu -Start 2023-11-15 -End 2023-11-16 -NoSettings
        $result.RowsRestored | Should -Be 1440
        $result.Verified | Should -BeTrue
        (Get-TimeSeriesStore $target -Credential $credential).Tables.Table | Should -Be 'cpu'
    }

    It 'may have a name that needs quotes and escapes everywhere' {
        $name = 'a.b "c" ünï ''d'' ?e#f=%41'
        $uri = Get-StoreUri ([uri]::EscapeDataString($name))
        $result = $version | Restore-TimeSeries -Target "$uri`?snapshot=127.0.0.1:$($server.BackupPort)" -Credential $credential
        $result.Verified | Should -BeTrue
        @($result.Settings | Where-Object { -not $_.Restored }).Count | Should -Be 0
        $second = Backup-TimeSeries $uri $repository -Credential $credential
        $second.Rows | Should -Be $version.Rows
        ($second | Test-TimeSeriesBackup -Level Source -Credential $credential).Passed | Should -BeTrue
        Compare-BackupVersion $repository $version.VersionId -With $second.VersionId | Should -BeNullOrEmpty
    }

    It 'tells no password where there is none' {
        $said = $version | Test-TimeSeriesBackup -Level Drill -Credential $credential 3>&1 -WarningAction Continue
        ($said | Where-Object { $_ -is [Management.Automation.WarningRecord] }) -join ' ' | Should -Not -Match 'password'
    }

    It 'says what a lesser user may not do, in words' {
        Invoke-Query "CREATE USER reader WITH PASSWORD 'reads only'" | Out-Null
        Invoke-Query 'GRANT READ ON telemetry TO reader' | Out-Null
        $reader = [pscredential]::new('reader', (ConvertTo-Secret 'reads only'))
        $failure = Get-FirstError { $version | Restore-TimeSeries -Target (Get-StoreUri forbidden) -Credential $reader @args }
        $failure.FullyQualifiedErrorId | Should -Be 'StoreAccessDenied,TsBackup.Commands.RestoreTimeSeriesCommand'
        $failure.Exception.Message | Should -Match ': error authorizing query: .*requires'
        $failure.Exception.Message | Should -Not -Match '[\p{Cc}\uFFFD]'
        $failure.ErrorDetails.RecommendedAction | Should -Match 'rights'
        (Get-FirstError { Get-TimeSeriesStore (Get-StoreUri telemetry) @args }).ErrorDetails.RecommendedAction | Should -Match '-Credential'
    }

    It 'that refuses points gives an account and an error' {
        Invoke-Query 'CREATE DATABASE refusing' | Out-Null
        $server.WriteAsync('refusing', "cpu usage=1i 1700000000000000000`n", '').GetAwaiter().GetResult()
        $result = $version | Restore-TimeSeries -Target (Get-StoreUri refusing) -Credential $credential -Table cpu -OnConflict Merge -NoSettings -ErrorVariable failures -ErrorAction SilentlyContinue
        $result.RowsFailed | Should -BeGreaterThan 0
        $result.RowsInBackup | Should -Be ($result.RowsRestored + $result.RowsFailed)
        $result.Problems.ErrorId | Should -Contain 'StoreWriteRejected'
        $failures.FullyQualifiedErrorId | Should -Contain 'RestoreIncomplete,TsBackup.Commands.RestoreTimeSeriesCommand'
    }

    It 'that dies half-way gives an Incomplete version, and the next run completes' {
        $proxy = [TsBackup.TestServers.FaultProxy]::Start($server.HttpPort)
        $proxy.Only('SELECT')
        foreach ($i in 1..300) { $proxy.Add([TsBackup.TestServers.Fault+CutReply]::new(900)) }
        $dying = "influxdb://127.0.0.1:$($proxy.Port)/telemetry?snapshot=off"
        $broken = Backup-TimeSeries $dying $repository -Credential $credential -Table cpu -Start 2023-11-15 -End 2023-11-16 -ErrorVariable failures -ErrorAction SilentlyContinue
        $proxy.DisposeAsync().AsTask().GetAwaiter().GetResult()
        $broken.State | Should -Be 'Incomplete'
        $broken.Reasons | Should -Not -BeNullOrEmpty
        $failures.FullyQualifiedErrorId | Should -Contain 'BackupIncomplete,TsBackup.Commands.BackupTimeSeriesCommand'
        (Backup-TimeSeries (Get-StoreUri telemetry) $repository -Credential $credential).State | Should -Be 'Complete'
        (Get-BackupVersion $repository | Test-TimeSeriesBackup).Passed | Should -Not -Contain $false
    }

    It 'is left in peace by Ctrl+C at the prompt, and the next backup completes' -Skip:$IsWindows {
        $proxy = [TsBackup.TestServers.FaultProxy]::Start($server.HttpPort)
        $proxy.Only('SELECT')
        $proxy.Add([TsBackup.TestServers.Fault+HalfOpen]::new())
        $fresh = New-Repository
        $script = "Import-Module '$(Join-Path $root 'TsBackup.psd1')'
            try { Backup-TimeSeries 'influxdb://admin@127.0.0.1:$($proxy.Port)/telemetry?snapshot=off' '$fresh' } finally { 'in order' }; 'not reached'"
        # A test run in the background may ignore SIGINT, and its children with it.
        $program = @(if ($IsLinux) { '/usr/bin/env', '--default-signal=INT' }) + (Get-Process -Id $PID).Path
        $start = [Diagnostics.ProcessStartInfo]::new($program[0])
        $arguments = @($program | Select-Object -Skip 1) + '-NoProfile', '-NonInteractive', '-Command', $script
        foreach ($argument in $arguments) { $start.ArgumentList.Add($argument) }
        $start.RedirectStandardOutput = $start.RedirectStandardError = $true
        $start.Environment['TSBACKUP_STORE_PASSWORD'] = $options.AdminPassword
        $process = [Diagnostics.Process]::Start($start)
        $said = $process.StandardOutput.ReadToEndAsync()
        $limit = [datetime]::UtcNow.AddMinutes(2)
        while ($proxy.Made -eq 0 -and [datetime]::UtcNow -lt $limit) { Start-Sleep -Milliseconds 50 }
        kill -INT $process.Id
        $process.WaitForExit(60000) | Should -BeTrue
        $process.ExitCode | Should -Not -Be 0
        $said.Result | Should -Not -Match 'not reached'
        $proxy.DisposeAsync().AsTask().GetAwaiter().GetResult()
        @(Get-BackupVersion $fresh -State Complete).Count | Should -Be 0
        (Backup-TimeSeries (Get-StoreUri telemetry) $fresh -Credential $credential).State | Should -Be 'Complete'
        (Test-TimeSeriesBackup $fresh).Passed | Should -BeTrue
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
