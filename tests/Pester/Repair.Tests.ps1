BeforeAll {
    . $PSScriptRoot/Common.ps1

    # A repository with one version whose rows are damaged on disk, and a copy under another passphrase that was made before.
    function New-DamagedRepository {
        $secret = ConvertTo-Secret 'of the vault'
        $vault = Join-Path (New-Folder) 'vault'
        New-BackupRepository $vault -Passphrase $secret | Out-Null
        $repository = New-Repository
        $version = Backup-TimeSeries (New-FileStore 400) $repository
        $version | Copy-BackupVersion -Destination $vault -DestinationPassphrase $secret | Out-Null
        Edit-Pack $repository
        ($version | Test-TimeSeriesBackup).Passed | Should -BeFalse
        @{ Repository = $repository; Version = $version; Vault = $vault; Secret = $secret }
    }

    function Get-Names([string] $Folder) {
        Get-ChildItem $Folder -Recurse -File | ForEach-Object { '{0} {1}' -f $_.FullName, $_.Length } | Sort-Object
    }
}

Describe 'Repair' {
    It 'plans without changing anything' {
        $damaged = New-DamagedRepository
        $before = Get-Names $damaged.Repository
        $plan = Repair-BackupRepository $damaged.Repository -WhatIf
        $plan | Should -BeOfType ([TsBackup.BackupRepair])
        $plan.IsPlan | Should -BeTrue
        $plan.NothingLost | Should -BeFalse
        $plan.Versions.Outcome | Should -Be 'Incomplete'
        $plan.Versions.ReplacementId | Should -BeNullOrEmpty
        $plan.RowsLost | Should -BeGreaterThan 0
        $healed = Repair-BackupRepository $damaged.Repository -From $damaged.Vault -FromPassphrase $damaged.Secret -WhatIf
        $healed.NothingLost | Should -BeTrue
        $healed.BlocksHealed | Should -BeGreaterThan 0
        Get-Names $damaged.Repository | Should -Be $before
    }

    It 'heals from a copy under another passphrase' {
        $damaged = New-DamagedRepository
        $result = Get-BackupRepository $damaged.Repository |
            Repair-BackupRepository -From $damaged.Vault -FromPassphrase $damaged.Secret -ErrorVariable problems
        $problems | Should -BeNullOrEmpty
        $result.IsPlan | Should -BeFalse
        $result.Versions.Outcome | Should -Be 'Healed'
        $result.Versions.ReplacementId | Should -Be $damaged.Version.VersionId
        ($damaged.Version | Test-TimeSeriesBackup).Passed | Should -BeTrue
        (Test-TimeSeriesBackup $damaged.Repository -Level Stored).Passed | Should -BeTrue
        (Repair-BackupRepository $damaged.Repository).Versions | Should -BeNullOrEmpty
    }

    It 'makes a lost config again, and nothing else is made in its place' {
        $repository = New-Repository
        $version = Backup-TimeSeries (New-FileStore 50) $repository
        Remove-Item (Join-Path $repository 'config')
        (Get-FirstError { Get-BackupVersion $repository @args }).FullyQualifiedErrorId |
            Should -Be 'ConfigDamaged,TsBackup.Commands.GetBackupVersionCommand'
        (Get-FirstError { New-BackupRepository $repository @args }).FullyQualifiedErrorId |
            Should -Be 'RepositoryExists,TsBackup.Commands.NewBackupRepositoryCommand'
        (Repair-BackupRepository $repository -WhatIf -WarningAction SilentlyContinue).IsPlan | Should -BeTrue
        Join-Path $repository 'config' | Should -Not -Exist
        (Repair-BackupRepository $repository -WarningAction SilentlyContinue).NothingLost | Should -BeTrue
        ($version | Test-TimeSeriesBackup).Passed | Should -BeTrue
    }

    It 'names what is lost where nobody has it, as an object and as an error' {
        $damaged = New-DamagedRepository
        $result = Repair-BackupRepository $damaged.Repository -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems.FullyQualifiedErrorId | Should -Be 'VersionIncomplete,TsBackup.Commands.RepairBackupRepositoryCommand'
        $lost = @($result.Versions.Lost)
        $lost.Count | Should -BeGreaterThan 0
        $lost[0].Table | Should -BeIn 'cpu', 'log'
        $left = Get-BackupVersion $damaged.Repository
        $left.VersionId | Should -Be $result.Versions.ReplacementId
        $left.State | Should -Be 'Incomplete'
        $left.Rows + $result.RowsLost | Should -Be $damaged.Version.Rows
        ($left | Test-TimeSeriesBackup).Passed | Should -BeTrue
        # The damaged version can still be taken back, and the next backup is whole.
        Get-BackupVersion $damaged.Repository -Latest | Should -Not -BeNullOrEmpty
        $next = Backup-TimeSeries $damaged.Version.Store $damaged.Repository
        $next.State | Should -Be 'Complete'
        ($next | Test-TimeSeriesBackup).Passed | Should -BeTrue
    }

    It 'refuses to heal a repository from itself, and one that is not there' {
        $repository = New-Repository
        (Get-FirstError { Repair-BackupRepository $repository -From $repository @args }).FullyQualifiedErrorId |
            Should -Be 'ArgumentInvalid,TsBackup.Commands.RepairBackupRepositoryCommand'
        (Get-FirstError { Repair-BackupRepository (Join-Path (New-Folder) 'nowhere') @args }).FullyQualifiedErrorId |
            Should -Be 'RepositoryNotFound,TsBackup.Commands.RepairBackupRepositoryCommand'
    }
}
