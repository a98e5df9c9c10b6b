BeforeAll {
    . $PSScriptRoot/Common.ps1
    $store = New-FileStore 10
    $repository = New-Repository
    $version = Backup-TimeSeries $store $repository
    $second = Backup-TimeSeries $store $repository
    $elsewhere = Get-FileUri (New-Folder)
    $listener = [System.Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
    $listener.Start()
    $silent = "influxdb://127.0.0.1:$($listener.LocalEndpoint.Port)/db"
    $newer = New-Repository
    $config = Join-Path $newer 'config'
}

AfterAll {
    $listener.Stop()
}

Describe 'Errors' {
    It '<Id>: <Case>' -ForEach @(
        @{ Id = 'RepositoryNotFound'; Case = 'not a repository'; Script = { Get-BackupVersion (New-Folder) @args } }
        @{ Id = 'RepositoryNotFound'; Case = 'no such folder'; Script = { Backup-TimeSeries $store (Join-Path $TestDrive 'nowhere') @args } }
        @{ Id = 'RepositoryExists'; Case = 'repository made twice'; Script = { New-BackupRepository $repository @args } }
        @{ Id = 'RepositoryUriInvalid'; Case = 'drive that is not there'; Script = { Get-BackupRepository 'nodrive:/x' @args } }
        @{ Id = 'RepositoryKeyWrong'; Case = 'wrong passphrase'; Script = { Get-BackupVersion $repository -Passphrase (ConvertTo-Secret 'wrong') @args } }
        @{ Id = 'PassphraseMissing'; Case = 'empty passphrase'; Script = { Get-BackupVersion $repository -Passphrase ([securestring]::new()) @args } }
        @{ Id = 'FileNotFound'; Case = 'passphrase file that is not there'; Script = { Get-BackupVersion $repository -PassphraseFile (Join-Path $TestDrive 'none') @args } }
        @{ Id = 'ArgumentInvalid'; Case = 'two passphrases'; Script = { Get-BackupVersion $repository -PassphraseFile x -Passphrase (ConvertTo-Secret x) @args } }
        @{ Id = 'VersionNotFound'; Case = 'unknown version'; Script = { Get-BackupContent $repository 19990101 @args } }
        @{ Id = 'VersionNotFound'; Case = 'unknown version in a list'; Script = { Get-BackupVersion $repository 19990101 @args } }
        @{ Id = 'VersionNotFound'; Case = 'no version from before'; Script = { Restore-TimeSeries $repository -Target $elsewhere -Before 1999-01-01 @args } }
        @{ Id = 'VersionAmbiguous'; Case = 'beginning of two ids'; Script = { Test-TimeSeriesBackup $repository 20 @args } }
        @{ Id = 'StoreUriInvalid'; Case = 'malformed URI'; Script = { Get-TimeSeriesStore 'not a uri' @args } }
        @{ Id = 'StoreUriInvalid'; Case = 'database missing'; Script = { Get-TimeSeriesStore 'influxdb://127.0.0.1' @args } }
        @{ Id = 'ConnectorNotFound'; Case = 'unknown scheme'; Script = { Backup-TimeSeries 'gopher://host/db' $repository @args } }
        @{ Id = 'StoreNotFound'; Case = 'folder that is not there'; Script = { Backup-TimeSeries (Get-FileUri (Join-Path $TestDrive 'gone')) $repository @args } }
        @{ Id = 'StoreUnreachable'; Case = 'closed port'; Script = { Get-TimeSeriesStore 'influxdb://127.0.0.1:1/db' @args } }
        @{ Id = 'TimeRangeInvalid'; Case = 'end before start'; Script = { Backup-TimeSeries $store $repository -Start 2026-01-02 -End 2026-01-01 @args } }
        @{ Id = 'ScopeEmpty'; Case = 'no such table'; Script = { Backup-TimeSeries $store $repository -Table nope @args } }
        @{ Id = 'ScopeEmpty'; Case = 'no such table in the version'; Script = { Restore-TimeSeries $repository -Target $elsewhere -Table nope @args } }
        @{ Id = 'RenameInvalid'; Case = 'malformed rename'; Script = { Restore-TimeSeries $repository -Target $elsewhere -Rename cpu @args } }
        @{ Id = 'RenameInvalid'; Case = 'rename of nothing'; Script = { Restore-TimeSeries $repository -Target $elsewhere -Rename @{ nope = 'x' } @args } }
        @{ Id = 'RenameInvalid'; Case = 'two tables of one name'; Script = { Restore-TimeSeries $repository -Target $elsewhere -Rename @{ cpu = 'log' } @args } }
        @{ Id = 'TargetExists'; Case = 'target with rows'; Script = { Restore-TimeSeries $repository -Target $store @args } }
        @{ Id = 'CapabilityMissing'; Case = 'target for reading only'; Script = { Restore-TimeSeries $repository -Target "$elsewhere`?precision=s" @args } }
        @{ Id = 'ParameterArgumentTransformationError'; Case = 'malformed time'; Script = { Backup-TimeSeries $store $repository -Start yesterdayish @args } }
        @{ Id = 'ParameterArgumentTransformationError'; Case = 'time out of range'; Script = { Backup-TimeSeries $store $repository -Start ([datetime]::MinValue) @args } }
        @{ Id = 'ParameterArgumentValidationError'; Case = 'empty version id'; Script = { Get-BackupContent $repository '' @args } }
        @{ Id = 'CannotConvertArgumentNoMessage'; Case = 'unknown level'; Script = { Test-TimeSeriesBackup $repository -Level Deep @args } }
    ) {
        $failure = Get-FirstError $Script
        $failure.FullyQualifiedErrorId | Should -Match "^$Id,TsBackup\.Commands\.\w+Command$"
    }

    It 'name the object, give advice and have a category' {
        $failure = Get-FirstError { Get-BackupVersion $repository -Passphrase (ConvertTo-Secret 'wrong') @args }
        $failure.CategoryInfo.Category | Should -Be 'AuthenticationError'
        $failure.Exception | Should -BeOfType ([TsBackup.Errors.TsBackupException])
        $failure.Exception.Message | Should -Match '\.$'
        $failure = Get-FirstError { Get-BackupVersion (New-Folder) @args }
        $failure.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failure.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        $failure.TargetObject | Should -Not -BeNullOrEmpty
    }

    It 'tells of a passphrase that nobody can be asked for' {
        $script = "Import-Module '$(Join-Path $root 'TsBackup.psd1')'; `$env:TSBACKUP_PASSPHRASE = ''
            try { Get-BackupVersion '$repository' } catch { `$_.FullyQualifiedErrorId }"
        & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command $script |
            Should -Be 'PassphraseMissing,TsBackup.Commands.GetBackupVersionCommand'
    }

    It 'tells of a server that does not answer in time' {
        (Get-FirstError { Get-TimeSeriesStore $silent -TimeoutSec 1 @args }).FullyQualifiedErrorId |
            Should -Match '^(StoreTimeout|StoreUnreachable),TsBackup.Commands.GetTimeSeriesStoreCommand$'
    }

    It 'tells of a repository of a newer format' {
        $future = New-Repository
        $file = Join-Path $future 'config'
        if (-not $IsWindows) { chmod u+w $file }
        $bytes = [IO.File]::ReadAllBytes($file)
        $bytes[4]++
        [IO.File]::WriteAllBytes($file, $bytes)
        $failure = Get-FirstError { Get-BackupVersion $future @args }
        $failure.FullyQualifiedErrorId | Should -Be 'RepositoryVersionUnsupported,TsBackup.Commands.GetBackupVersionCommand'
        $failure.TargetObject | Should -Be $future
    }

    It 'tells of a full disk, and the version before is still good' -Skip:(-not $IsLinux -or (id -u) -ne '0') {
        $disk = New-Folder
        mount -t tmpfs -o size=2m tmpfs $disk
        if ($LASTEXITCODE -ne 0) { Set-ItResult -Skipped -Because 'mounting is not allowed here'; return }
        try {
            $small = New-Repository (Join-Path $disk 'repository')
            Backup-TimeSeries $store $small | Out-Null
            $folder = New-Folder
            $random = [Random]::new(7)
            $lines = foreach ($i in 1..150000) { "m v=$($random.NextDouble()),w=$($random.NextInt64())i $i" }
            [IO.File]::WriteAllLines((Join-Path $folder 'm.lp'), [string[]]$lines)
            $failure = Get-FirstError { Backup-TimeSeries (Get-FileUri $folder) $small @args }
            $failure.FullyQualifiedErrorId | Should -Be 'StorageFull,TsBackup.Commands.BackupTimeSeriesCommand'
            (Get-BackupVersion $small | Test-TimeSeriesBackup).Passed | Should -Be $true
        }
        finally { umount $disk }
    }

    It 'tells of a damaged config' {
        if (-not $IsWindows) { chmod u+w $config }
        $bytes = [IO.File]::ReadAllBytes($config)
        $bytes[-1] = $bytes[-1] -bxor 1
        [IO.File]::WriteAllBytes($config, $bytes)
        $failure = Get-FirstError { Get-BackupVersion $newer @args }
        $failure.FullyQualifiedErrorId | Should -Be 'ConfigDamaged,TsBackup.Commands.GetBackupVersionCommand'
        $failure.CategoryInfo.Category | Should -Be 'InvalidData'
    }

    It 'of id <Id> have the category <Category>' -ForEach @(
        @{ Id = 'VersionNotFound'; Category = 'ObjectNotFound' }
        @{ Id = 'TargetExists'; Category = 'ResourceExists' }
        @{ Id = 'TimeRangeInvalid'; Category = 'InvalidArgument' }
        @{ Id = 'RepositoryKeyWrong'; Category = 'AuthenticationError' }
        @{ Id = 'StoreAccessDenied'; Category = 'PermissionDenied' }
        @{ Id = 'IndexDamaged'; Category = 'InvalidData' }
        @{ Id = 'RepositoryVersionUnsupported'; Category = 'NotImplemented' }
        @{ Id = 'CapabilityMissing'; Category = 'NotImplemented' }
        @{ Id = 'StoreUnreachable'; Category = 'ConnectionError' }
        @{ Id = 'StoreTimeout'; Category = 'OperationTimeout' }
        @{ Id = 'StoreReplyPartial'; Category = 'ProtocolError' }
        @{ Id = 'StoreBusy'; Category = 'ResourceBusy' }
        @{ Id = 'StorageReadFailed'; Category = 'ReadError' }
        @{ Id = 'StorageFull'; Category = 'WriteError' }
        @{ Id = 'VerificationFailed'; Category = 'InvalidResult' }
        @{ Id = 'InternalError'; Category = 'NotSpecified' }
    ) {
        $exception = [TsBackup.Errors.TsBackupException]::new($Id, 'It is so.', 'object', 'Do that.', $null)
        $record = [TsBackup.Commands.BackupTimeSeriesCommand].Assembly.GetType('TsBackup.ErrorRecords').GetMethod('From').Invoke($null, @($exception))
        $record.FullyQualifiedErrorId | Should -Be $Id
        $record.CategoryInfo.Category | Should -Be $Category
        $record.TargetObject | Should -Be 'object'
        $record.ErrorDetails.RecommendedAction | Should -Be 'Do that.'
    }

    It 'of the stored bytes name what is damaged: <Id>' -ForEach @(
        @{ Id = 'IndexDamaged'; Folder = 'index' }
        @{ Id = 'RecordDamaged'; Folder = 'log' }
        @{ Id = 'VersionDamaged'; Folder = 'versions' }
        @{ Id = 'KeyDamaged'; Folder = 'keys' }
    ) {
        $damaged = New-Repository
        Backup-TimeSeries $store $damaged | Out-Null
        $file = Get-ChildItem (Join-Path $damaged $Folder) -Recurse -File | Select-Object -First 1
        if (-not $IsWindows) { chmod u+w $file.FullName }
        $bytes = [IO.File]::ReadAllBytes($file.FullName)
        $bytes[-1] = $bytes[-1] -bxor 1
        [IO.File]::WriteAllBytes($file.FullName, $bytes)
        (Test-TimeSeriesBackup $damaged -Level Stored).Problems.ErrorId | Should -Contain $Id
    }

    It 'do not stop the other items of a pipeline' {
        $found = (New-Folder), $repository | Get-BackupVersion -ErrorAction SilentlyContinue -ErrorVariable failures
        @($found).Count | Should -Be 2
        $failures.Count | Should -Be 1
    }
}
