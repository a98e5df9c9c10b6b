BeforeAll {
    . $PSScriptRoot/Common.ps1
    $store = New-FileStore 300
}

Describe 'Two repositories' {
    BeforeEach {
        $first = New-Repository
        $second = New-Repository
        $versions = Backup-TimeSeries $store $first, $second
    }

    It 'are filled in one reading, the one that fails gives an error, and its next backup catches up' {
        $versions.Repository | Should -Be $first, $second
        $versions.State | Should -Be 'Complete', 'Complete'
        $versions[0].Rows | Should -Be $versions[1].Rows
        ($versions[0] | Copy-BackupVersion -Destination $second).AlreadyThere | Should -BeTrue
        $nowhere = Join-Path (New-Folder) 'nowhere'
        $one = Backup-TimeSeries $store $nowhere, $second -ErrorVariable problems -ErrorAction SilentlyContinue
        $one.Repository | Should -Be $second
        $problems.FullyQualifiedErrorId | Should -Be 'RepositoryNotFound,TsBackup.Commands.BackupTimeSeriesCommand'
        New-BackupRepository $nowhere | Out-Null
        (Backup-TimeSeries $store $nowhere, $second).Rows | Should -Be $one.Rows, $one.Rows
    }

    It 'stand in for each other when one is damaged, and heal it when asked' {
        Edit-Pack $first
        $failed = Test-TimeSeriesBackup $first -Copy $second
        $failed.Outcome | Should -Be 'Failed'
        $failed.Problems.FoundIn | Should -Contain $second
        $result = Restore-TimeSeries $first -Target (Get-FileUri (New-Folder)) -Copy $second -WarningVariable warnings -WarningAction SilentlyContinue
        $result.RowsFailed | Should -Be 0
        $result.Verified | Should -BeTrue
        $result.ReplacedFrom | Should -Be $second
        $warnings.Count | Should -BeGreaterThan 0
        (Test-TimeSeriesBackup $first).Passed | Should -BeFalse
        $healed = Restore-TimeSeries $first -Target (Get-FileUri (New-Folder)) -Copy $second -Heal
        $healed.Repair | Should -BeOfType ([TsBackup.BackupRepair])
        (Test-TimeSeriesBackup $first).Passed | Should -BeTrue
        Edit-Pack $second
        $tested = Test-TimeSeriesBackup $second -Copy $first -Heal
        $tested.Passed | Should -BeTrue
        $tested.Repair.NothingLost | Should -BeTrue
        (Get-FirstError { Test-TimeSeriesBackup $first -Heal @args }).FullyQualifiedErrorId |
            Should -Be 'ArgumentInvalid,TsBackup.Commands.TestTimeSeriesBackupCommand'
    }

    It 'stand in for each other when one is gone, whatever their passphrases' {
        $secret = ConvertTo-Secret 'of the vault'
        $vault = Join-Path (New-Folder) 'vault'
        New-BackupRepository $vault -Passphrase $secret | Out-Null
        $versions[0] | Copy-BackupVersion -Destination $vault -DestinationPassphrase $secret | Out-Null
        Remove-Item $first -Recurse -Force
        $result = $versions[0] | Restore-TimeSeries -Target (Get-FileUri (New-Folder)) -Copy $vault -CopyPassphrase $secret
        $result.RowsRestored | Should -Be $versions[0].Rows
        $result.Repository | Should -Be $vault
        $tested = $versions[0] | Test-TimeSeriesBackup -Copy $vault -CopyPassphrase $secret
        $tested.Passed | Should -BeTrue
        $tested.Repository | Should -Be $vault
        (Get-FirstError { $versions[0] | Restore-TimeSeries -Target (Get-FileUri (New-Folder)) @args }).FullyQualifiedErrorId |
            Should -Be 'RepositoryNotFound,TsBackup.Commands.RestoreTimeSeriesCommand'
    }
}

Describe 'Get-BackupRepository' {
    It 'compares places: reachable, writable, room and speed' {
        $good = New-Repository
        $nowhere = Join-Path (New-Folder) 'nowhere'
        $shown = Get-BackupRepository $good, $nowhere -ErrorVariable problems -ErrorAction SilentlyContinue
        $shown.IsReachable | Should -Be $true, $false
        $shown[0].IsWritable | Should -BeTrue
        $shown[0].FreeBytes | Should -BeGreaterThan 0
        $shown[0].Latency | Should -BeGreaterThan ([timespan]::Zero)
        $shown[0].ReadBytesPerSecond | Should -BeGreaterThan 0
        $shown[0].WriteBytesPerSecond | Should -BeGreaterThan 0
        $shown[1].Problem | Should -Not -BeNullOrEmpty
        $problems[0].FullyQualifiedErrorId | Should -Be 'RepositoryNotFound,TsBackup.Commands.GetBackupRepositoryCommand'
        Join-Path $good 'probes/*' | Should -Not -Exist
        (Get-BackupRepository $good -NoProbe).WriteBytesPerSecond | Should -BeNullOrEmpty
    }
}

Describe 'A repository that was set back' {
    It 'is refused by a client that saw more, and by a note that was kept elsewhere' {
        $env:TSBACKUP_STATE_FOLDER = New-Folder
        try {
            $repository = New-Repository
            Backup-TimeSeries $store $repository | Out-Null
            $earlier = Join-Path (New-Folder) 'earlier'
            Copy-Item $repository $earlier -Recurse
            Backup-TimeSeries $store $repository | Out-Null
            $position = (Get-BackupRepository $repository).LogPosition
            Remove-Item $repository -Recurse -Force
            Copy-Item $earlier $repository -Recurse
            (Get-FirstError { Get-BackupVersion $repository @args }).FullyQualifiedErrorId |
                Should -Be 'RepositoryRolledBack,TsBackup.Commands.GetBackupVersionCommand'
            (Repair-BackupRepository $repository -AcceptRollback).NothingLost | Should -BeTrue
            @(Get-BackupVersion $repository).Count | Should -Be 1
            (Get-FirstError { Get-BackupRepository $repository -KnownPosition $position @args }).FullyQualifiedErrorId |
                Should -Be 'RepositoryRolledBack,TsBackup.Commands.GetBackupRepositoryCommand'
        }
        finally { $env:TSBACKUP_STATE_FOLDER = 'none' }
    }
}
