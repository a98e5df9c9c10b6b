BeforeAll {
    . $PSScriptRoot/Common.ps1
    $store = New-FileStore
    $repository = New-Repository
    $first = Backup-TimeSeries $store $repository -Tag nightly, first
    [IO.File]::AppendAllText((Join-Path ([uri]$store).LocalPath 'cpu.lp'), "cpu,host=new usage=1 1800000000000000000`n")
    $second = Backup-TimeSeries $store $repository -Tag nightly
}

Describe 'Backup-TimeSeries' {
    It 'puts out a typed version' {
        $first | Should -BeOfType ([TsBackup.BackupVersion])
        $first.State | Should -Be 'Complete'
        $first.Tables | Should -Be 2
        $first.Rows | Should -Be 300
        $first.Tags | Should -Be 'nightly', 'first'
        $first.Duration | Should -BeGreaterThan ([timespan]::Zero)
        $first.Duration | Should -BeLessThan ([timespan]::FromHours(1))
    }

    It 'takes over what has not changed' {
        $second.Rows | Should -Be 301
        $second.SlicesReused | Should -BeGreaterThan 0
        $second.StoredBytes | Should -BeLessThan $first.StoredBytes
    }

    It 'takes stores from the pipeline and goes on after one that fails' {
        $target = New-Repository
        $versions = (New-FileStore 10), 'influxdb://127.0.0.1:1/none', (New-FileStore 20) |
            Backup-TimeSeries -Repository $target -TimeoutSec 5 -ErrorVariable failures -ErrorAction SilentlyContinue
        $versions.Rows | Should -Be 15, 30
        $failures.FullyQualifiedErrorId | Should -Be 'StoreUnreachable,TsBackup.Commands.BackupTimeSeriesCommand'
    }

    It 'takes a store that Get-TimeSeriesStore found' {
        $version = Get-TimeSeriesStore $store | Backup-TimeSeries -Repository $repository
        $version.Store | Should -Be $second.Store
    }

    It 'writes several repositories in one reading' {
        $a = New-Repository
        $b = New-Repository
        $versions = Backup-TimeSeries $store -Repository $a, $b
        $versions.Repository | Should -Be $a, $b
        ($versions[0] | Get-BackupContent).Digest | Should -Be ($versions[1] | Get-BackupContent).Digest
    }

    It 'reports a repository that fails and keeps the others' {
        $good = New-Repository
        $versions = Backup-TimeSeries $store -Repository $good, (New-Folder) -ErrorVariable failures -ErrorAction SilentlyContinue -WarningAction SilentlyContinue
        $versions.Repository | Should -Be $good
        $failures.FullyQualifiedErrorId | Should -Be 'RepositoryNotFound,TsBackup.Commands.BackupTimeSeriesCommand'
    }

    It 'takes tables and times' {
        $target = New-Repository
        $version = Backup-TimeSeries $store $target -Table 'c*' -Start 1700000001000000001 -End 1700000002000000002 -NoSettings
        $version.Rows | Should -Be 1
        ($version | Get-BackupContent).Table | Should -Be 'cpu'
        (Backup-TimeSeries $store $target -ExcludeTable cpu).Rows | Should -Be 100
    }

    It 'takes times as dates and as texts' {
        $target = New-Repository
        $start = [DateTimeOffset]::FromUnixTimeSeconds(1700000000)
        (Backup-TimeSeries $store $target -Table cpu -Start $start -End $start.AddMinutes(1)).Rows | Should -Be 59
        (Backup-TimeSeries $store $target -Table cpu -Start $start.UtcDateTime -End $start.UtcDateTime.AddMinutes(1)).Rows | Should -Be 59
        (Backup-TimeSeries $store $target -Table cpu -Start $start.LocalDateTime -End '2023-11-14T23:14:20+01:00').Rows | Should -Be 59
        (Backup-TimeSeries $store $target -Table log -End '1969-12-31T23:59:55.000000015Z').Rows | Should -Be 2
    }

    It 'does nothing with -WhatIf' {
        $target = New-Repository
        Backup-TimeSeries $store $target -WhatIf | Should -BeNullOrEmpty
        Get-BackupVersion $target | Should -BeNullOrEmpty
    }

    It 'puts an Incomplete version out, warns and raises an error' {
        $folder = New-Folder
        $broken = New-FileStore 20 $folder
        [IO.File]::AppendAllText((Join-Path $folder 'cpu.lp'), "this is not line protocol`n")
        $version = Backup-TimeSeries $broken (New-Repository) -ErrorVariable failures -ErrorAction SilentlyContinue -WarningVariable warnings -WarningAction SilentlyContinue
        $version.State | Should -Be 'Incomplete'
        $version.Reasons | Should -Not -BeNullOrEmpty
        $failures.FullyQualifiedErrorId | Should -Be 'BackupIncomplete,TsBackup.Commands.BackupTimeSeriesCommand'
        $warnings -match 'Incomplete' | Should -Not -BeNullOrEmpty
    }

    It 'finds a repository by a path relative to the location of the session' {
        Push-Location (Split-Path $repository)
        try { (Get-BackupVersion ./repository).Count | Should -BeGreaterThan 1 }
        finally { Pop-Location }
    }
}

Describe 'Get-BackupVersion' {
    BeforeAll {
        $other = New-FileStore 10
        $all = New-Repository
        $old = Backup-TimeSeries $store $all -Tag nightly
        $new = Backup-TimeSeries $store $all -Tag weekly
        $elsewhere = Backup-TimeSeries $other $all -Tag nightly
    }

    It 'lists oldest first' {
        (Get-BackupVersion $all).VersionId | Should -Be $old.VersionId, $new.VersionId, $elsewhere.VersionId
    }

    It 'finds by id, beginning of an id and wildcard' {
        (Get-BackupVersion $all $old.VersionId).VersionId | Should -Be $old.VersionId
        (Get-BackupVersion $all -VersionId ($new.VersionId.Substring(0, $new.VersionId.Length - 2))).VersionId | Should -Be $new.VersionId
        (Get-BackupVersion $all '2*').Count | Should -Be 3
    }

    It 'finds the newest of each store' {
        (Get-BackupVersion $all -Latest).VersionId | Sort-Object | Should -Be ($new.VersionId, $elsewhere.VersionId | Sort-Object)
        (Get-BackupVersion $all latest).VersionId | Sort-Object | Should -Be ($new.VersionId, $elsewhere.VersionId | Sort-Object)
    }

    It 'finds by store, tag, state and time' {
        (Get-BackupVersion $all -Store $other).VersionId | Should -Be $elsewhere.VersionId
        (Get-BackupVersion $all -Store ('*' + ([uri]$other).Segments[-1])).VersionId | Should -Be $elsewhere.VersionId
        (Get-BackupVersion $all -Tag week*).VersionId | Should -Be $new.VersionId
        Get-BackupVersion $all -State Incomplete | Should -BeNullOrEmpty
        Get-BackupVersion $all -Before ([datetime]::Now.AddDays(-1)) | Should -BeNullOrEmpty
        (Get-BackupVersion $all -Before ([datetime]::Now.AddMinutes(1)) -Latest -Store $store).VersionId | Should -Be $new.VersionId
    }

    It 'goes on after a repository that fails' {
        (Get-BackupVersion (New-Folder), $all -ErrorAction SilentlyContinue -ErrorVariable failures).Count | Should -Be 3
        $failures.FullyQualifiedErrorId | Should -Be 'RepositoryNotFound,TsBackup.Commands.GetBackupVersionCommand'
    }

    It 'stops in good order when downstream has had enough' {
        (Get-BackupVersion $all | Select-Object -First 1).VersionId | Should -Be $old.VersionId
    }
}

Describe 'Get-BackupContent' {
    It 'lists tables with their digests' {
        $tables = $first | Get-BackupContent
        $tables | Should -BeOfType ([TsBackup.BackupTable])
        $tables.Table | Should -Be 'cpu', 'log'
        $tables.Rows | Should -Be 200, 100
        $tables.Digest | Should -Match '^[0-9a-f]{64}$'
        ($first | Get-BackupContent -Table l*).Table | Should -Be 'log'
        ($first | Get-BackupContent -ExcludeTable l*).Table | Should -Be 'cpu'
    }

    It 'takes objects from another session by their properties' {
        $travelled = [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($first))
        $travelled.Tags | Should -Be 'nightly', 'first'
        ($travelled | Get-BackupContent).Rows | Should -Be 200, 100
    }
}

Describe 'Get-BackupRepository and Get-TimeSeriesStore' {
    It 'show a repository' {
        $shown = Get-BackupRepository $repository
        $shown | Should -BeOfType ([TsBackup.BackupRepository])
        $shown.Versions | Should -BeGreaterThan 1
        $shown.KeySlots | Should -Be 1
        $shown.StoredBytes | Should -BeGreaterThan 0
        $shown.LatestVersion | Should -BeGreaterThan ([datetime]::Now.AddHours(-1))
    }

    It 'show a store' {
        $shown = Get-TimeSeriesStore $store
        $shown | Should -BeOfType ([TsBackup.TimeSeriesStore])
        $shown.Tables.Table | Should -Be 'cpu', 'log'
        $shown.Capabilities | Should -Contain 'write'
        (Get-TimeSeriesStore $store -Table l*).Tables.Table | Should -Be 'log'
    }
}

Describe 'Test-TimeSeriesBackup' {
    It 'passes at level <_>' -ForEach 'Quick', 'Full', 'Drill' {
        $results = Get-BackupVersion $repository | Test-TimeSeriesBackup -Level $_
        $results | Should -BeOfType ([TsBackup.BackupTestResult])
        $results.Passed | Should -Not -Contain $false
        @($results).Count | Should -Be @(Get-BackupVersion $repository).Count
    }

    It 'leaves nothing behind after a drill' {
        $before = Get-ChildItem (Split-Path ([uri]$store).LocalPath)
        $first | Test-TimeSeriesBackup -Level Drill | Out-Null
        (Get-ChildItem (Split-Path ([uri]$store).LocalPath) -Force).Name | Should -Be $before.Name
    }

    It 'compares with the live store' {
        ($second | Test-TimeSeriesBackup -Level Source).Passed | Should -BeTrue
        $result = $first | Test-TimeSeriesBackup -Level Source -WarningAction SilentlyContinue
        $result.Passed | Should -BeTrue -Because 'the row that was added lies in a day that the first version has no slice of'
        $changed = New-FileStore 20
        $version = Backup-TimeSeries $changed (New-Repository)
        [IO.File]::AppendAllText((Join-Path ([uri]$changed).LocalPath 'cpu.lp'), "cpu,host=new usage=1 1700000000000000001`n")
        $result = $version | Test-TimeSeriesBackup -Level Source -WarningVariable warnings -WarningAction SilentlyContinue
        $result.Passed | Should -BeFalse
        $result.Problems.ErrorId | Should -Be 'DigestMismatch'
        $result.Problems.Table | Should -Be 'cpu'
        $warnings | Should -Not -BeNullOrEmpty
    }

    It 'tests stored bytes without the secret, once per repository' {
        $env:TSBACKUP_PASSPHRASE = $null
        try {
            $result = $first, $second | Test-TimeSeriesBackup -Level Stored
            @($result).Count | Should -Be 1
            $result.Passed | Should -BeTrue
            $result.Bytes | Should -BeGreaterThan 0
        }
        finally { $env:TSBACKUP_PASSPHRASE = $passphrase }
    }

    It 'finds a flipped byte' {
        $target = New-Repository
        $version = Backup-TimeSeries $store $target
        Edit-Pack $target
        $stored = Test-TimeSeriesBackup $target -Level Stored -WarningAction SilentlyContinue
        $stored.Passed | Should -BeFalse
        $stored.Problems.ErrorId | Should -Contain 'PackDamaged'
        $full = $version | Test-TimeSeriesBackup -WarningAction SilentlyContinue
        $full.Passed | Should -BeFalse
    }
}

Describe 'Restore-TimeSeries' {
    It 'plans with -WhatIf and writes nothing' {
        $target = Get-FileUri (Join-Path (New-Folder) 'new')
        $plan = $first | Restore-TimeSeries -Target $target -WhatIf
        $plan | Should -BeOfType ([TsBackup.RestoreResult])
        $plan.IsPlan | Should -BeTrue
        $plan.RowsInBackup | Should -Be 300
        $plan.RowsRestored | Should -Be 0
        ([uri]$target).LocalPath | Should -Not -Exist
    }

    It 'restores and accounts for every row' {
        $target = Get-FileUri (New-Folder)
        $result = $first | Restore-TimeSeries -Target $target
        $result.RowsInBackup | Should -Be 300
        $result.RowsRestored + $result.RowsFailed | Should -Be 300
        $result.RowsFailed | Should -Be 0
        $result.Verified | Should -BeTrue
        $again = Backup-TimeSeries $target (New-Repository)
        ($again | Get-BackupContent).Digest | Should -Be ($first | Get-BackupContent).Digest
    }

    It 'restores the newest version of a store by name' {
        $result = Restore-TimeSeries $repository latest -Target (Get-FileUri (New-Folder)) -Store $store
        $result.RowsRestored | Should -Be 301
    }

    It 'restores tables, times and new names' {
        $target = Get-FileUri (New-Folder)
        $result = $first | Restore-TimeSeries -Target $target -Table cpu -Start 1700000001000000001 -End 1700000010000000010 -Rename @{ cpu = 'cpu_old' }
        $result.Tables.TargetTable | Should -Be 'cpu_old'
        $result.RowsRestored | Should -Be 9
        (Get-TimeSeriesStore $target).Tables.Table | Should -Be 'cpu_old'
        ($first | Restore-TimeSeries -Target $target -Table log -Rename log=notes).Tables.TargetTable | Should -Be 'notes'
    }

    It 'follows -OnConflict' {
        $target = Get-FileUri (New-Folder)
        $first | Restore-TimeSeries -Target $target -Table cpu | Out-Null
        (Get-FirstError { $first | Restore-TimeSeries -Target $target @args }).FullyQualifiedErrorId |
            Should -Be 'TargetExists,TsBackup.Commands.RestoreTimeSeriesCommand'
        $skipped = $first | Restore-TimeSeries -Target $target -OnConflict Skip
        ($skipped.Tables | Where-Object Skipped).Table | Should -Be 'cpu'
        $skipped.RowsRestored | Should -Be 100
        ($first | Restore-TimeSeries -Target $target -OnConflict Overwrite -Force).Verified | Should -BeTrue
        ($first | Restore-TimeSeries -Target $target -OnConflict Overwrite -Confirm:$false).RowsRestored | Should -Be 300
        ($first | Restore-TimeSeries -Target $target -OnConflict Merge).RowsFailed | Should -Be 0
    }

    It 'asks before it deletes rows' {
        $target = Get-FileUri (New-Folder)
        $first | Restore-TimeSeries -Target $target | Out-Null
        # Nobody can be asked here, so the question itself fails.
        { $first | Restore-TimeSeries -Target $target -OnConflict Overwrite } | Should -Throw
        $ConfirmPreference = 'None'
        ($first | Restore-TimeSeries -Target $target -OnConflict Overwrite).RowsRestored | Should -Be 300
    }

    It 'takes damaged blocks from a copy' {
        $a = New-Repository
        $b = New-Repository
        $version, $null = Backup-TimeSeries $store -Repository $a, $b
        Edit-Pack $a
        $failed = $version | Restore-TimeSeries -Target (Get-FileUri (New-Folder)) -ErrorAction SilentlyContinue -ErrorVariable failures
        $failed.RowsFailed | Should -BeGreaterThan 0
        $failed.RowsRestored + $failed.RowsFailed | Should -Be $failed.RowsInBackup
        $failures.FullyQualifiedErrorId | Should -Contain 'RestoreIncomplete,TsBackup.Commands.RestoreTimeSeriesCommand'
        $healed = $version | Restore-TimeSeries -Target (Get-FileUri (New-Folder)) -Copy $b -WarningAction SilentlyContinue
        $healed.RowsFailed | Should -Be 0
        $healed.Verified | Should -BeTrue
    }
}

Describe 'Compare-BackupVersion' {
    It 'shows what changed between two versions' {
        $changes = $first | Compare-BackupVersion -With $second
        $changes | Should -BeOfType ([TsBackup.BackupDifference])
        $changes.Table | Should -Be 'cpu'
        $changes.Kind | Should -Be 'Added'
        $changes.RowsAfter | Should -Be 1
        Compare-BackupVersion $repository $second.VersionId $second.VersionId | Should -BeNullOrEmpty
    }

    It 'compares versions of two repositories' {
        $other = New-Repository
        Backup-TimeSeries $store $other | Out-Null
        $second | Compare-BackupVersion -WithRepository $other | Should -BeNullOrEmpty
        ($first | Compare-BackupVersion -WithRepository $other -With latest).RowsAfter | Should -Be 1
    }

    It 'shows what changed in the live store' {
        $second | Compare-BackupVersion | Should -BeNullOrEmpty
        ($first | Compare-BackupVersion -With $store).Kind | Should -Be 'Added'
    }
}

Describe 'Secrets' {
    BeforeAll {
        $secured = Join-Path (New-Folder) 'repository'
        New-BackupRepository $secured -Passphrase (ConvertTo-Secret 'other words') | Out-Null
        $file = Join-Path (New-Folder) 'passphrase'
        [IO.File]::WriteAllText($file, "other words`n")
    }

    It 'are taken as SecureString, as PSCredential and from a file' {
        (Get-BackupRepository $secured -Passphrase (ConvertTo-Secret 'other words')).Versions | Should -Be 0
        (Get-BackupRepository $secured -Passphrase ([pscredential]::new('x', (ConvertTo-Secret 'other words')))).Versions | Should -Be 0
        (Get-BackupRepository $secured -PassphraseFile $file).Versions | Should -Be 0
    }

    It 'are not taken as plain text' {
        (Get-FirstError { Get-BackupRepository $secured -Passphrase 'other words' @args }).FullyQualifiedErrorId |
            Should -Be 'ParameterArgumentTransformationError,TsBackup.Commands.GetBackupRepositoryCommand'
    }

    It 'never show in an error' {
        $failure = Get-FirstError { Backup-TimeSeries 'influxdb://user:hidden-word@127.0.0.1:1/db' $repository -TimeoutSec 2 -WarningAction SilentlyContinue @args }
        ($failure | Format-List * -Force | Out-String) + $failure.Exception | Should -Not -Match 'hidden-word'
    }
}
