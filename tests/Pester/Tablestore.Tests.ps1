BeforeDiscovery {
    . $PSScriptRoot/Common.ps1
    $servers = Get-ChildItem (Join-Path $root 'tests/TsBackup.TestServers/bin') -Recurse -Filter TsBackup.TestServers.dll -ErrorAction SilentlyContinue |
        Sort-Object LastWriteTime | Select-Object -Last 1
    if ($servers) { Add-Type -Path $servers.FullName }
    else { Write-Warning 'NO FAKE TABLESTORE, its suite is skipped: tests/TsBackup.TestServers is not built.' -WarningAction Continue }
}

Describe 'A Tablestore instance' -Skip:(-not $servers) {
    BeforeAll {
        . $PSScriptRoot/Common.ps1
        $fake = [TsBackup.TestServers.Tablestore.FakeTablestore]
        $server = $fake::new([TimeProvider]::System, $null)
        $other = $fake::new([TimeProvider]::System, $null)
        $server.SplitBytes = 20000
        $server.PageRows = 100
        $server.Fill('metrics', 600)
        $server.Fill('events', 50)
        $credential = [pscredential]::new($fake::AccessKeyId, (ConvertTo-Secret $fake::AccessKeySecret))

        function Get-StoreUri($Of = $server, [string] $Suffix = '') {
            "tablestore+http://127.0.0.1:$($Of.Port)/$($fake::InstanceName)$Suffix"
        }

        $repository = New-Repository
        $version = Backup-TimeSeries (Get-StoreUri) $repository -Credential $credential
    }

    AfterAll {
        foreach ($one in $server, $other) {
            if ($one) { $one.DisposeAsync().AsTask().GetAwaiter().GetResult() }
        }
        'TSBACKUP_STORE_USER', 'TSBACKUP_STORE_PASSWORD' | ForEach-Object { [Environment]::SetEnvironmentVariable($_, $null) }
    }

    It 'is backed up with every cell and compared with the live store' {
        $version.State | Should -Be 'Complete'
        ($version | Get-BackupContent | Measure-Object Rows -Sum).Sum | Should -Be ((600 + 50) * 8)
        $test = $version | Test-TimeSeriesBackup -Level Source -Store (Get-StoreUri) -Credential $credential
        $test.Passed | Should -BeTrue
    }

    It 'is restored into a scratch copy for a drill, which leaves nothing behind' {
        $test = $version | Test-TimeSeriesBackup -Level Drill -Store (Get-StoreUri) -Credential $credential
        $test.Passed | Should -BeTrue
        (Get-TimeSeriesStore (Get-StoreUri) -Credential $credential).Tables.Count | Should -Be 2
    }

    It 'is restored within the instance under another name' {
        $result = $version | Restore-TimeSeries -Target (Get-StoreUri) -Table metrics -Rename @{ metrics = 'metrics_copy' } -Credential $credential
        $result.RowsRestored | Should -Be 4800
        $result.RowsFailed | Should -Be 0
        $result.Verified | Should -BeTrue
        $server.RowCount('metrics_copy') | Should -Be 600
        $server.DropTable('metrics_copy') | Out-Null
    }

    It 'warns once of the settings that were not restored, but not for a plan' {
        $arguments = @{ Target = Get-StoreUri; Table = 'events'; OnConflict = 'Merge'; Credential = $credential; WarningVariable = 'warnings' }
        $plan = $version | Restore-TimeSeries @arguments -WhatIf
        $warnings -match 'settings' | Should -BeNullOrEmpty
        $plan.Settings | Should -Not -BeNullOrEmpty
        $result = $version | Restore-TimeSeries @arguments
        $missing = @($result.Settings | Where-Object Restored -EQ $false)
        $missing | Should -Not -BeNullOrEmpty
        $said = @($warnings -match 'settings documents')
        $said.Count | Should -Be 1
        "$said" | Should -BeLike "$($missing.Count) of $($result.Settings.Count) settings documents of version $($version.VersionId) were not restored*"
        foreach ($setting in $missing | Select-Object -First 5) {
            "$said" | Should -BeLike "*$($setting.Kind) $($setting.Name): not restored, $($setting.Remark)*"
        }
    }

    It 'is restored into another instance' {
        $result = $version | Restore-TimeSeries -Target (Get-StoreUri $other) -Credential $credential
        $result.RowsRestored | Should -Be 5200
        $result.Verified | Should -BeTrue
        $other.RowCount('events') | Should -Be 50
    }

    It 'takes the access key from the environment' {
        $env:TSBACKUP_STORE_USER = $fake::AccessKeyId
        $env:TSBACKUP_STORE_PASSWORD = $fake::AccessKeySecret
        try { (Get-TimeSeriesStore (Get-StoreUri)).Tables.Count | Should -Be 2 }
        finally { $env:TSBACKUP_STORE_USER = $env:TSBACKUP_STORE_PASSWORD = $null }
    }

    It 'takes the access key from a file' {
        $file = Join-Path (New-Folder) 'key'
        Set-Content $file $fake::AccessKeyId, $fake::AccessKeySecret
        $uri = Get-StoreUri $server "?key-file=$([uri]::EscapeDataString($file))"
        (Get-TimeSeriesStore $uri).Tables.Count | Should -Be 2
        (Get-FirstError { Get-TimeSeriesStore (Get-StoreUri $server '?key-file=/nowhere/key') }).FullyQualifiedErrorId |
            Should -BeLike 'FileNotFound,*'
    }

    It 'names <what>' -ForEach @(
        @{ what = 'a missing key'; user = ''; suffix = ''; id = 'StoreCredentialRejected' }
        @{ what = 'a wrong secret'; user = 'fakeAccessKeyId'; suffix = ''; id = 'StoreCredentialRejected' }
        @{ what = 'an unknown instance'; user = 'right'; suffix = 'x'; id = 'StoreNotFound' }
        @{ what = 'an unknown option'; user = 'right'; suffix = '?speed=high'; id = 'StoreUriInvalid' }
    ) {
        $arguments = @{}
        if ($user -eq 'right') { $arguments.Credential = $credential }
        elseif ($user) { $arguments.Credential = [pscredential]::new($user, (ConvertTo-Secret 'wrong-secret-text')) }
        $problem = Get-FirstError { Get-TimeSeriesStore (Get-StoreUri $server $suffix) @arguments }
        $problem.FullyQualifiedErrorId | Should -BeLike "$id,*"
        "$problem $($problem.ErrorDetails.RecommendedAction)" | Should -Not -Match 'wrong-secret-text'
    }

    It 'says that the clock is off' {
        $server.ReplySkew = [timespan]::FromMinutes(-20)
        try { (Get-FirstError { Get-TimeSeriesStore (Get-StoreUri) -Credential $credential }).FullyQualifiedErrorId | Should -BeLike 'StoreReplySignatureInvalid,*' }
        finally { $server.ReplySkew = [timespan]::Zero }
    }

    It 'says that a reply is signed with another key' {
        $server.Fail([TsBackup.TestServers.Tablestore.FakeFault]::new('ListTable', 'ForeignSignature', 1))
        (Get-FirstError { Get-TimeSeriesStore (Get-StoreUri) -Credential $credential }).FullyQualifiedErrorId |
            Should -BeLike 'StoreReplySignatureInvalid,*'
    }

    It 'says how changes of a table are found' {
        ($version | Get-BackupContent | Where-Object Table -EQ metrics).ChangesFound | Should -BeLike 'by reading in full: *'
    }

    It 'gives an Incomplete version that names the table with <what>' -ForEach @(
        @{ what = 'a corrupted row checksum'; table = 'torn'; kind = 'CorruptRow'; code = 'none'; pattern = 'checksum' }
        @{ what = 'an end while it is read'; table = 'dropped'; kind = 'Error'; code = 'OTSObjectNotExist'; pattern = 'dropped while it was read' }
    ) {
        $third = $fake::new([TimeProvider]::System, $null)
        try {
            $third.Fill('kept', 20)
            $third.Fill($table, 20)
            $fault = [TsBackup.TestServers.Tablestore.FakeFault]::new('GetRange', $kind, 99)
            $fault.Table = $table
            $fault.Code = $code
            $fault.Status = 404
            $third.Fail($fault)
            $partial = Backup-TimeSeries (Get-StoreUri $third) (New-Repository) -Credential $credential -ErrorAction SilentlyContinue -ErrorVariable problems
            $partial.State | Should -Be 'Incomplete'
            $partial.Rows | Should -Be 160
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'BackupIncomplete,*'
            "$($problems[0])" | Should -Match $pattern
        }
        finally { $third.DisposeAsync().AsTask().GetAwaiter().GetResult() }
    }

    It 'counts rows that are too large for the target' {
        $small = $fake::new([TimeProvider]::System, $null)
        try {
            $small.MaxRowBytes = 100
            $result = $version | Restore-TimeSeries -Target (Get-StoreUri $small) -Table events -Credential $credential -ErrorAction SilentlyContinue -ErrorVariable problems
            $result.RowsInBackup | Should -Be 400
            $result.RowsFailed | Should -Be 400
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'RestoreIncomplete,*'
        }
        finally { $small.DisposeAsync().AsTask().GetAwaiter().GetResult() }
    }

    It 'gives an Incomplete version that names the table which may not be read' {
        $other.Fill('secret', 10)
        $other.Deny('GetRange', 'secret')
        $partial = Backup-TimeSeries (Get-StoreUri $other) (New-Repository) -Credential $credential -ErrorAction SilentlyContinue -ErrorVariable problems
        $partial.State | Should -Be 'Incomplete'
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'BackupIncomplete,*'
        "$($problems[0])" | Should -Match "Table 'secret'"
    }
}
