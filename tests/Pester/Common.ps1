# What every suite begins with: the built module, and makers of stores, repositories and secrets.
$ErrorActionPreference = 'Stop'
$root = Split-Path (Split-Path $PSScriptRoot)
$passphrase = 'correct horse battery staple'
$env:TSBACKUP_PASSPHRASE = $passphrase
$env:TSBACKUP_STORE_PASSWORD = $null
# What these tests see of repositories is not to be remembered for their user.
$env:TSBACKUP_STATE_FOLDER = 'none'
# Repositories and stores of tests share a disk, which each backup would warn of.
$WarningPreference = 'SilentlyContinue'
Import-Module (Join-Path $root 'TsBackup.psd1')

function ConvertTo-Secret([string] $Text) {
    ConvertTo-SecureString $Text -AsPlainText -Force
}

function Get-FileUri([string] $Path) {
    [UriBuilder]::new('file', '', -1, $Path).Uri.AbsoluteUri
}

function New-Folder {
    (New-Item (Join-Path $TestDrive ([guid]::NewGuid())) -ItemType Directory).FullName
}

# A store of two tables with every type that line protocol has, times in ns.
function New-FileStore([int] $Rows = 200, [string] $Folder = (New-Folder)) {
    $start = 1700000000000000000L
    $cpu = foreach ($i in 1..$Rows) {
        "cpu,host=h$($i % 5),dc=eu\ west usage=$($i % 100).25,total=$(9007199254740993L + $i)i,up=$(if ($i % 2) { 't' } else { 'f' }) $($start + $i * 1000000001L)"
    }
    $log = foreach ($i in 1..($Rows / 2)) {
        "log,host=h$($i % 3) text=""line $i, with \""quotes\"" and =,"",zero=-0.0 $(-5000000000L + $i * 7L)"
    }
    [IO.File]::WriteAllLines((Join-Path $Folder 'cpu.lp'), [string[]]$cpu)
    [IO.File]::WriteAllLines((Join-Path $Folder 'log.lp'), [string[]]$log)
    Get-FileUri $Folder
}

function New-Repository([string] $Path = (Join-Path (New-Folder) 'repository')) {
    (New-BackupRepository $Path).Repository
}

# The error that a piece of script ends with or writes first.
function Get-FirstError([scriptblock] $Script) {
    try { & $Script -ErrorAction Stop | Out-Null }
    catch { return $_ }
    throw 'There was no error.'
}

# Flips a byte of a block of rows: blocks stand in the order in which they were stored, and the rows come first.
function Edit-Pack([string] $Repository) {
    $pack = Get-ChildItem (Join-Path $Repository 'packs') -Recurse -File | Sort-Object Length | Select-Object -Last 1
    if (-not $IsWindows) { chmod u+w $pack.FullName }
    $bytes = [IO.File]::ReadAllBytes($pack.FullName)
    $bytes[200] = $bytes[200] -bxor 1
    [IO.File]::WriteAllBytes($pack.FullName, $bytes)
}
