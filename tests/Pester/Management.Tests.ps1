BeforeAll {
    . $PSScriptRoot/Common.ps1
    $store = New-FileStore 20
    $repository = New-Repository
    $versions = foreach ($tag in 'a', 'b', 'c') { Backup-TimeSeries $store $repository -Tag $tag }
}

Describe 'Removal' {
    It 'removes a version, takes it back, and never the last without force' {
        $removed = $versions[0] | Remove-BackupVersion -Confirm:$false
        $removed.Removed | Should -BeTrue
        (Get-BackupVersion $repository).VersionId | Should -Not -Contain $versions[0].VersionId
        ($removed | Undo-BackupVersionRemoval).VersionId | Should -Be $versions[0].VersionId
        @(Get-BackupVersion $repository).Count | Should -Be 3
        $alone = New-Repository
        $only = Backup-TimeSeries $store $alone
        (Get-FirstError { $only | Remove-BackupVersion -Confirm:$false @args }).FullyQualifiedErrorId |
            Should -Be 'VersionProtected,TsBackup.Commands.RemoveBackupVersionCommand'
        ($only | Remove-BackupVersion -Confirm:$false -Force).Removed | Should -BeTrue
    }

    It 'plans and applies a rule' {
        $plan = Remove-BackupVersion $repository -KeepLast 2 -WhatIf
        ($plan | Where-Object { -not $_.Keep }).VersionId | Should -Be $versions[0].VersionId
        @(Get-BackupVersion $repository).Count | Should -Be 3
        Remove-BackupVersion $repository -ByRetention -KeepLast 2 -Confirm:$false | Out-Null
        (Get-BackupVersion $repository).VersionId | Should -Be $versions[1, 2].VersionId
        (Get-FirstError { Remove-BackupVersion $repository -ByRetention -Confirm:$false @args }).FullyQualifiedErrorId |
            Should -Be 'ArgumentInvalid,TsBackup.Commands.RemoveBackupVersionCommand'
    }

    It 'leaves protected versions and those with a label alone' {
        $guarded = New-Repository
        $protected = Backup-TimeSeries $store $guarded -Protect
        $labelled = Backup-TimeSeries $store $guarded -Tag keep
        Backup-TimeSeries $store $guarded | Out-Null
        $last = Backup-TimeSeries $store $guarded
        $protected.IsProtected | Should -BeTrue
        Remove-BackupVersion $guarded -KeepLast 1 -Tag keep -Confirm:$false | Out-Null
        (Get-BackupVersion $guarded).VersionId | Should -Be $protected.VersionId, $labelled.VersionId, $last.VersionId
        (Get-FirstError { $protected | Remove-BackupVersion -Confirm:$false @args }).FullyQualifiedErrorId |
            Should -Be 'VersionProtected,TsBackup.Commands.RemoveBackupVersionCommand'
        ($protected | Remove-BackupVersion -Force -Confirm:$false).Removed | Should -BeTrue
    }

    It 'is followed by compaction, which leaves a good repository' {
        $result = Optimize-BackupRepository $repository
        $result | Should -BeOfType ([TsBackup.BackupCompaction])
        (Get-BackupVersion $repository | Test-TimeSeriesBackup).Passed | Should -Not -Contain $false
        Optimize-BackupRepository $repository -WhatIf | Should -BeNullOrEmpty
    }
}

Describe 'Copies' {
    It 'hold the same under another passphrase' {
        $secret = ConvertTo-Secret 'other words'
        $vault = Join-Path (New-Folder) 'vault'
        New-BackupRepository $vault -Passphrase $secret | Out-Null
        $copies = $versions[1, 2] | Copy-BackupVersion -Destination $vault -DestinationPassphrase $secret
        $copies.AlreadyThere | Should -Be $false, $false
        ($versions[2] | Copy-BackupVersion -Destination $vault -DestinationPassphrase $secret).AlreadyThere | Should -BeTrue
        (Get-BackupContent $vault -Passphrase $secret).Digest | Should -Be ($versions[2] | Get-BackupContent).Digest
    }
}

Describe 'Removed versions' {
    It 'are listed and taken back by pipe' {
        $place = New-Repository
        $first = Backup-TimeSeries $store $place
        Backup-TimeSeries $store $place | Out-Null
        $first | Remove-BackupVersion -Confirm:$false | Out-Null
        (Get-BackupVersion $place).VersionId | Should -Not -Contain $first.VersionId
        $removed = Get-BackupVersion $place -Removed
        $removed.VersionId | Should -Be $first.VersionId
        $removed.Removed | Should -BeGreaterThan $first.Finished
        ($removed | Undo-BackupVersionRemoval).VersionId | Should -Be $first.VersionId
        Get-BackupVersion $place -Removed | Should -BeNullOrEmpty
    }
}

Describe 'Keys' {
    It 'are added, listed and removed' {
        $secret = ConvertTo-Secret 'second'
        $added = Add-BackupKey $repository -NewPassphrase $secret -Label second -Iterations 250000
        $added.Iterations | Should -Be 250000
        (Get-BackupKey $repository).Label | Should -Contain 'second'
        (Get-BackupVersion $repository -Passphrase $secret).Count | Should -Be 2
        ($added | Remove-BackupKey -Confirm:$false -PassThru).KeyId | Should -Be $added.KeyId
        (Get-FirstError { Get-BackupVersion $repository -Passphrase $secret @args }).FullyQualifiedErrorId |
            Should -Be 'RepositoryKeyWrong,TsBackup.Commands.GetBackupVersionCommand'
        (Get-FirstError { Get-BackupKey $repository | Remove-BackupKey -Confirm:$false @args }).FullyQualifiedErrorId |
            Should -Be 'KeySlotLast,TsBackup.Commands.RemoveBackupKeyCommand'
    }

    It 'that were removed and put back are told and given nothing' {
        $place = New-Repository
        $secret = ConvertTo-Secret 'gone'
        $added = Add-BackupKey $place -NewPassphrase $secret -Label gone
        $kept = Get-ChildItem $place -Recurse -File | Where-Object Name -Like "$($added.KeyId)*" |
            ForEach-Object { @{ Path = $_.FullName; Bytes = [IO.File]::ReadAllBytes($_.FullName) } }
        $kept.Count | Should -Be 2
        $added | Remove-BackupKey -Confirm:$false
        $kept | ForEach-Object { [IO.File]::WriteAllBytes($_.Path, $_.Bytes) }
        (Get-BackupKey $place -WarningVariable warnings -WarningAction SilentlyContinue | Where-Object Label -EQ gone).Problem |
            Should -Not -BeNullOrEmpty
        $warnings | Should -Match $added.KeyId
        (Test-TimeSeriesBackup $place -Level Stored -ErrorAction SilentlyContinue).Problems.ErrorId | Should -Contain 'KeyDamaged'
        (Repair-BackupRepository $place).ObjectsDropped.Count | Should -Be 2
        (Get-BackupKey $place).Label | Should -Not -Contain 'gone'
    }

    It 'that may only add cannot read' {
        $secret = ConvertTo-Secret 'machine'
        Add-BackupKey $repository -NewPassphrase $secret -Access WriteOnly -Label db1 | Out-Null
        (Backup-TimeSeries $store $repository -Passphrase $secret -Full).State | Should -Be 'Complete'
        (Get-FirstError { Restore-TimeSeries $repository -Target (Get-FileUri (New-Folder)) -Passphrase $secret @args }).FullyQualifiedErrorId |
            Should -Be 'KeyCannotRead,TsBackup.Commands.RestoreTimeSeriesCommand'
    }
}
