BeforeAll {
    . $PSScriptRoot/Common.ps1
    $folder = New-Folder
    $lines = foreach ($i in 1..20000) { "m,s=s$($i % 50) v=$i $(1700000000000000000L + $i * 1000000L)" }
    foreach ($file in 1..10) {
        # Each file is a day of its own, so that a backup has ten groups to read.
        $day = foreach ($line in $lines) { $line -replace '1700(\d+)$', ('{0}$1' -f (1700 + $file)) }
        [IO.File]::WriteAllLines((Join-Path $folder "$file.lp"), [string[]]$day)
    }
    $store = Get-FileUri $folder

    # Runs a script in a session of its own, as a host would.
    function New-Session([string] $Script) {
        $session = [powershell]::Create()
        [void]$session.AddScript("Import-Module '$(Join-Path $root 'TsBackup.psd1')'; $Script")
        $session
    }
}

Describe 'Progress' {
    It 'is shown with rate and ends with its completion' {
        $repository = New-Repository
        $session = New-Session "Backup-TimeSeries '$store' '$repository'"
        $version = $session.Invoke()[0]
        $version.Rows | Should -Be 200000
        $records = @($session.Streams.Progress | Where-Object Activity -match 'Backing up')
        $records | Should -Not -BeNullOrEmpty
        $records[-1].RecordType | Should -Be 'Completed'
        $records[0].StatusDescription | Should -Match '/s'
        foreach ($record in $records) { $record.PercentComplete | Should -BeIn (-1..100) }
        $session.Dispose()
    }
}

Describe 'Stopping' {
    It 'ends a request that would wait for long' {
        $listener = [System.Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
        $listener.Start()
        $session = New-Session "Get-TimeSeriesStore 'influxdb://127.0.0.1:$($listener.LocalEndpoint.Port)/db'"
        $running = $session.BeginInvoke()
        $client = $listener.AcceptTcpClient()
        $session.Stop()
        $session.InvocationStateInfo.State | Should -Be 'Stopped'
        $session.Streams.Error | Should -BeNullOrEmpty
        $running.IsCompleted | Should -BeTrue
        $client.Dispose()
        $listener.Stop()
        $session.Dispose()
    }

    It 'leaves a repository that is good, and the next backup takes over what was stored' {
        $repository = New-Repository
        foreach ($pause in 100, 400, 900) {
            $session = New-Session "Backup-TimeSeries '$store' '$repository' -Full"
            [void]$session.BeginInvoke()
            while ($session.InvocationStateInfo.State -eq 'Running' -and -not (Test-Path (Join-Path $repository 'sessions/*'))) { Start-Sleep -Milliseconds 5 }
            Start-Sleep -Milliseconds $pause
            $session.Stop()
            $session.InvocationStateInfo.State | Should -BeIn 'Stopped', 'Completed'
            $session.Streams.Error | Should -BeNullOrEmpty
            $session.Dispose()
            (Test-TimeSeriesBackup $repository -Level Stored).Passed | Should -BeTrue
            (Get-BackupVersion $repository | Test-TimeSeriesBackup).Passed | Should -Not -Contain $false
        }
        $version = Backup-TimeSeries $store $repository
        $version.State | Should -Be 'Complete'
        $version.Rows | Should -Be 200000
        ($version | Test-TimeSeriesBackup).Passed | Should -BeTrue
    }

    It 'happens when an action preference says so, and the version is still there' {
        $broken = New-Folder
        [IO.File]::WriteAllLines((Join-Path $broken 'a.lp'), [string[]]('good v=1 1', 'this is not line protocol'))
        $repository = New-Repository
        (Get-FirstError { Backup-TimeSeries (Get-FileUri $broken) $repository -WarningAction SilentlyContinue @args }).FullyQualifiedErrorId |
            Should -Be 'BackupIncomplete,TsBackup.Commands.BackupTimeSeriesCommand'
        (Get-BackupVersion $repository).State | Should -Be 'Incomplete'
    }
}

Describe 'Threads' {
    It 'backs several stores up at once into one repository' {
        $repository = New-Repository
        $stores = 1..3 | ForEach-Object { New-FileStore 50 }
        $versions = $stores | ForEach-Object -Parallel {
            Import-Module "$using:root/TsBackup.psd1"
            Backup-TimeSeries $_ $using:repository
        }
        $versions.Count | Should -Be 3
        (Get-BackupVersion $repository | Test-TimeSeriesBackup).Passed | Should -Be $true, $true, $true
    }
}

Describe 'Completion' {
    BeforeAll {
        $repository = New-Repository
        $version = Backup-TimeSeries $store $repository

        function Get-Completion([string] $Line) {
            (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText
        }
    }

    It 'offers schemes of stores' {
        Get-Completion 'Backup-TimeSeries influx' | Should -Contain 'influxdb://'
        Get-Completion 'Get-TimeSeriesStore -Store fi' | Should -Contain 'file://'
    }

    It 'offers versions' {
        Get-Completion "Get-BackupContent '$repository' " | Should -Be 'latest', $version.VersionId
        Get-Completion "Restore-TimeSeries '$repository' $($version.VersionId.Substring(0, 4))" | Should -Be $version.VersionId
    }

    It 'offers versions of a repository relative to the location' {
        Push-Location (Split-Path $repository)
        try { Get-Completion 'Get-BackupContent ./repository 2' | Should -Be $version.VersionId }
        finally { Pop-Location }
    }

    It 'offers tables and levels' {
        Get-Completion "Get-BackupContent '$repository' -Table " | Should -Be 'm'
        Get-Completion 'Test-TimeSeriesBackup x -Level ' | Should -Be 'Drill', 'Full', 'Quick', 'Source', 'Stored'
    }

    It 'offers stores and labels of the repository' {
        Backup-TimeSeries $store $repository -Tag 'night ly' | Out-Null
        Get-Completion "Get-BackupVersion '$repository' -Store " | Should -Contain $version.Store
        Get-Completion "Restore-TimeSeries '$repository' -Store $($version.Store.Substring(0, 9))" | Should -Contain $version.Store
        Get-Completion "Get-BackupVersion '$repository' -Tag " | Should -Be "'night ly'"
    }

    It 'offers tables of a live store' {
        Get-Completion "Get-TimeSeriesStore '$store' -Table " | Should -Be 'm'
        Get-Completion "Backup-TimeSeries '$store' '$repository' -Table x" | Should -Not -Contain 'm'
    }

    It 'looks variables and defaults up for what nobody types: <Line>' -ForEach @(
        @{ Line = 'Get-BackupContent $global:place -Passphrase $global:phrase -VersionId ' }
        @{ Line = 'Get-BackupContent -Repository $global:place -VersionId '; Pattern = 'Get-Backup*:Passphrase' }
    ) {
        $global:place = $repository
        $global:phrase = ConvertTo-Secret $passphrase
        $global:PSDefaultParameterValues = [System.Management.Automation.DefaultParameterDictionary]::new()
        if ($Pattern) { $global:PSDefaultParameterValues[$Pattern] = $global:phrase }
        $env:TSBACKUP_PASSPHRASE = ''
        try { Get-Completion $Line | Should -Contain $version.VersionId }
        finally {
            $env:TSBACKUP_PASSPHRASE = $passphrase
            $global:PSDefaultParameterValues = [System.Management.Automation.DefaultParameterDictionary]::new()
            Remove-Variable place, phrase -Scope Global
        }
    }

    It 'offers nothing of a repository that cannot be opened, without an error' {
        Get-Completion "Get-BackupContent '$(New-Folder)' 2" | Should -Not -Contain $version.VersionId
    }
}

Describe 'Views' {
    It 'show <Type>' -ForEach @(
        @{ Type = 'BackupVersion'; Script = { Get-BackupVersion $repository }; Pattern = 'Store: file:.*VersionId.*Complete' }
        @{ Type = 'BackupRepository'; Script = { Get-BackupRepository $repository }; Pattern = 'Repository.*KiB' }
        @{ Type = 'BackupTable'; Script = { Get-BackupContent $repository }; Pattern = 'Rows.*200,000' }
        @{ Type = 'BackupTestResult'; Script = { Test-TimeSeriesBackup $repository }; Pattern = 'Full .*Passed .*100 %' }
        @{ Type = 'TimeSeriesStore'; Script = { Get-TimeSeriesStore $store }; Pattern = 'Capabilities.*read, write' }
        @{ Type = 'RestoreResult'; Script = { Restore-TimeSeries $repository -Target (Get-FileUri (New-Folder)) }; Pattern = 'Verified.*equal' }
    ) {
        $repository = New-Repository
        Backup-TimeSeries $store $repository | Out-Null
        (& $Script | Out-String -Width 220) -replace '\r?\n', ' ' | Should -Match $Pattern
    }

    It 'fit into 80 columns without cutting a number: <Type>' -ForEach @(
        @{ Type = 'BackupVersion'; Script = { Get-BackupVersion $repository }; Header = 'VersionId +State +Started +Rows +Stored$' }
        @{ Type = 'BackupRepository'; Script = { Get-BackupRepository $repository }; Header = 'Repository +Versions +LatestVersion +Stored +Free$' }
        @{ Type = 'BackupTable'; Script = { Get-BackupContent $repository }; Header = 'Group +Table +Rows +Bytes +First$' }
        @{ Type = 'BackupTestResult'; Script = { Test-TimeSeriesBackup $repository }; Header = 'VersionId +Level +Outcome +Coverage +Rows +Problems$' }
        @{ Type = 'TimeSeriesStore'; Script = { Get-TimeSeriesStore $store }; Header = 'Store +Product +Tables +Bytes$' }
        @{ Type = 'RestoreResult'; Script = { Restore-TimeSeries $repository -Target (Get-FileUri (New-Folder)) }
            Header = 'VersionId +RowsInBackup +RowsRestored +RowsFailed +Verified$' }
        @{ Type = 'RestoreTable'; Script = { (Restore-TimeSeries $repository -Target (Get-FileUri (New-Folder))).Tables }
            Header = 'TargetTable +RowsInBackup +RowsRestored +RowsFailed +Verified$' }
        @{ Type = 'BackupDifference'; Script = { Compare-BackupVersion $repository -With (New-FileStore 10) }
            Header = 'Table +Kind +RowsBefore +RowsAfter +Start$' }
    ) {
        $repository = New-Repository
        Backup-TimeSeries $store $repository | Out-Null
        $lines = (& $Script | Out-String -Width 80) -split '\r?\n' | ForEach-Object { ($_ -replace '\e\[[0-9;]*m', '').TrimEnd() }
        $at = [array]::FindIndex($lines, [Predicate[string]] { $args[0] -match '^[- ]+$' -and $args[0] -match '---' })
        $lines[$at - 1] | Should -Match $Header
        $lines[$at - 2] | Should -BeNullOrEmpty
        $lines[$at + 1] | Should -Not -Match ([char]0x2026 + '\d')
    }

    It 'are the same for objects from another session' {
        $repository = New-Repository
        $version = Backup-TimeSeries $store $repository
        $result = $version | Test-TimeSeriesBackup
        foreach ($object in $version, $result, (Get-BackupRepository $repository), ($version | Get-BackupContent)) {
            $file = Join-Path (New-Folder) 'x.xml'
            $object | Export-Clixml $file
            Import-Clixml $file | Out-String -Width 200 | Should -Be ($object | Out-String -Width 200)
        }
    }

    It 'name the parts of a restore in a list' {
        $repository = New-Repository
        $result = Backup-TimeSeries $store $repository | Restore-TimeSeries -Target (Get-FileUri (New-Folder)) -Rename @{ m = 'n' } -WhatIf
        $result | Format-List Tables | Out-String | Should -Match '\{m as n\}'
    }

    It 'write times in UTC, wherever they come from' {
        $time = [DateTimeOffset]::new(2026, 11, 21, 23, 30, 59, [timespan]::FromHours(3))
        [TsBackup.Pipeline.Display]::Time($time) | Should -Be '2026-11-21 20:30Z'
        [TsBackup.Pipeline.Display]::Time($time.UtcDateTime) | Should -Be '2026-11-21 20:30Z'
        [TsBackup.Pipeline.Display]::Time($null) | Should -Be ''
        $repository = New-Repository
        $version = Backup-TimeSeries $store $repository
        $started = $version.Started.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'")
        Get-BackupVersion $repository | Out-String -Width 80 | Should -BeLike "*Complete*$started*"
        Get-BackupRepository $repository | Out-String -Width 80 | Should -Match '\d{4}-\d\d-\d\d \d\d:\d\dZ'
    }

    It 'write sizes and durations for people' {
        [TsBackup.Pipeline.Display]::Bytes(0) | Should -Be '0 B'
        [TsBackup.Pipeline.Display]::Bytes(1536) | Should -Be '1.5 KiB'
        [TsBackup.Pipeline.Display]::Bytes($null) | Should -Be ''
        [TsBackup.Pipeline.Display]::Bytes([long]::MaxValue) | Should -Be '8.0 EiB'
        [TsBackup.Pipeline.Display]::Duration([timespan]::FromSeconds(1.234)) | Should -Be '1.23 s'
        [TsBackup.Pipeline.Display]::Duration([timespan]::FromSeconds(3661)) | Should -Be '1:01:01'
        [TsBackup.Pipeline.Display]::Duration([timespan]::FromDays(1.5)) | Should -Be '1.12:00:00'
        [TsBackup.Pipeline.Display]::Verdict($false) | Should -Be 'DIFFERENT'
    }
}
