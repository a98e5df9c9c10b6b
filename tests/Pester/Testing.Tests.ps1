BeforeAll {
    . $PSScriptRoot/Common.ps1
    $store = New-FileStore 300
}

Describe 'Results of tests' {
    BeforeAll {
        $repository = New-Repository
        $versions = foreach ($tag in 'a', 'b') { Backup-TimeSeries $store $repository -Tag $tag -Full }
    }

    It 'are kept, shown and not repeated within their age' {
        $first = Get-BackupVersion $repository | Test-TimeSeriesBackup -MaxAge 1.00:00:00
        $first.Outcome | Should -Be 'Passed', 'Passed'
        $first.IsRecorded | Should -Be $false, $false
        $shown = Get-BackupVersion $repository
        $shown[0].LastTest | Should -BeOfType ([TsBackup.BackupTestSummary])
        $shown.LastTest.Level | Should -Be 'Full', 'Full'
        $shown[1].LastTest.Time | Should -Be $first[1].LastPassed
        $second = Get-BackupVersion $repository | Test-TimeSeriesBackup -MaxAge 1.00:00:00
        $second.IsRecorded | Should -Be $true, $true
        $second.Passed | Should -Be $true, $true
        $second.LastPassed | Should -Be $first.LastPassed
        (Get-BackupVersion $repository | Test-TimeSeriesBackup -MaxAge 1.00:00:00 -Level Quick).IsRecorded | Should -Be $false, $false
    }

    It 'say what there was no time for' {
        $results = Get-BackupVersion $repository | Test-TimeSeriesBackup -MaxDuration 0 -WarningVariable warnings
        $results.Outcome | Should -Be 'NotReached', 'NotReached'
        $results.Passed | Should -Not -Contain $true
        @($warnings).Count | Should -Be 2
    }

    It 'never call a sample a pass' {
        $result = Test-TimeSeriesBackup $repository -Sample 20 -Seed 5
        $result.Outcome | Should -Be 'Partial'
        $result.Passed | Should -BeFalse
        $result.Seed | Should -Be 5
        $result.Coverage | Should -BeGreaterOrEqual 0.2
        (Get-FirstError { Test-TimeSeriesBackup $repository -Level Quick -Sample 20 @args }).FullyQualifiedErrorId |
            Should -Be 'ArgumentInvalid,TsBackup.Commands.TestTimeSeriesBackupCommand'
    }

    It 'are kept for the stored bytes as well, unless there is no secret' {
        (Test-TimeSeriesBackup $repository -Level Stored -MaxAge 1.00:00:00).Passed | Should -BeTrue
        $second = Test-TimeSeriesBackup $repository -Level Stored -MaxAge 1.00:00:00
        $second.Passed | Should -BeTrue
        $env:TSBACKUP_PASSPHRASE = $null
        try {
            $blind = Test-TimeSeriesBackup $repository -Level Stored
            $blind.Passed | Should -BeTrue
            $blind.Bytes | Should -BeGreaterThan $second.Bytes
        }
        finally { $env:TSBACKUP_PASSPHRASE = $passphrase }
    }

    It 'name version, table and time of damaged bytes' {
        Edit-Pack $repository
        $result = Test-TimeSeriesBackup $repository -Level Stored
        $result.Outcome | Should -Be 'Failed'
        $result.Problems.Table | Should -Contain 'cpu'
        $result.Problems.VersionId | Should -Contain $versions[0].VersionId
        (Get-BackupVersion $repository | Test-TimeSeriesBackup -MaxAge 1.00:00:00).IsRecorded | Should -Contain $true
        (Get-BackupVersion $repository | Test-TimeSeriesBackup).Outcome | Should -Contain 'Failed'
        (Get-BackupVersion $repository | Test-TimeSeriesBackup -MaxAge 1.00:00:00).Outcome | Should -Contain 'Failed'
    }
}
