#!/usr/bin/env pwsh
<#
.SYNOPSIS
    Builds, tests and packs TsBackup.
.DESCRIPTION
    Build    publishes the module's assemblies to bin/, so that the checkout itself can be imported: Import-Module ./TsBackup.psd1
    Test     dotnet test, then Pester. The last line counts both together.
    Pester   Build, then the suites of tests/Pester against the built module in a fresh session.
    Help     brings en-US/*.md up to date with the cmdlets and makes the files that Get-Help reads (needs the module platyPS).
    Package  Build, then puts what users install into out/TsBackup/<version>, and the command line into out/tsbackup-<platform>.
    Clean    removes bin/ and out/.
.EXAMPLE
    ./build.ps1 -Task Test
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Pester', 'Help', 'Package', 'Clean')]
    [string[]] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release'
)

$ErrorActionPreference = 'Stop'
$root = $PSScriptRoot
$bin = Join-Path $root 'bin'
$out = Join-Path $root 'out'
$help = Join-Path $root 'en-US'
$manifest = Join-Path $root 'TsBackup.psd1'

function Invoke-Native([scriptblock] $Command) {
    & $Command
    if ($LASTEXITCODE -ne 0) { throw "$Command ended with exit code $LASTEXITCODE." }
}

function Invoke-FreshSession([string] $Script) {
    # Loaded assemblies stay loaded, and locked on Windows, for as long as their session lives.
    Invoke-Native { & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command $Script }
}

function Invoke-BuildTask {
    if (Test-Path $bin) { Remove-Item $bin -Recurse -Force }
    Invoke-Native { dotnet publish (Join-Path $root 'src/TsBackup') -c $Configuration -o $bin -v quiet --nologo }
}

function Invoke-DotnetTest {
    $results = Join-Path $out 'TestResults'
    if (Test-Path $results) { Remove-Item $results -Recurse -Force }
    # dotnet test itself leaves empty folders among the temporary files, and so does whatever a test kills.
    $temporary, $reuse = $env:TMPDIR, $env:MSBUILDDISABLENODEREUSE
    $own = New-Item (Join-Path ([IO.Path]::GetTempPath()) "tsbackup-$PID") -ItemType Directory -Force
    try {
        $env:TMPDIR, $env:MSBUILDDISABLENODEREUSE = $own.FullName, '1'
        dotnet test (Join-Path $root 'TsBackup.sln') -c $Configuration --nologo --logger trx --results-directory $results | Out-Host
        $exitCode = $LASTEXITCODE
    }
    finally {
        $env:TMPDIR, $env:MSBUILDDISABLENODEREUSE = $temporary, $reuse
        Remove-Item $own -Recurse -Force -ErrorAction SilentlyContinue
    }
    $count = @{ Passed = 0; Failed = 0; Skipped = 0 }
    foreach ($file in Get-ChildItem $results -Filter *.trx) {
        $counters = ([xml](Get-Content $file -Raw)).TestRun.ResultSummary.Counters
        $count.Passed += [int]$counters.passed
        $count.Failed += [int]$counters.failed
        $count.Skipped += [int]$counters.total - [int]$counters.executed
    }
    # A run that broke off has failed, whatever was counted before.
    if ($exitCode -ne 0 -and $count.Failed -eq 0) { $count.Failed = 1 }
    $count
}

function Invoke-PesterTest {
    Invoke-BuildTask | Out-Host
    if (-not (Get-Module -ListAvailable Pester | Where-Object Version -ge '5.0')) {
        Write-Warning 'PESTER IS NOT INSTALLED: THE CMDLETS WERE NOT RUN. Install-Module Pester -MinimumVersion 5.0'
        return @{ Passed = 0; Failed = 0; Skipped = 1 }
    }
    Invoke-Native { dotnet build (Join-Path $root 'tests/TsBackup.TestServers') -c $Configuration -v quiet --nologo | Out-Host }
    $report = Join-Path ([IO.Path]::GetTempPath()) "tsbackup-pester-$PID.json"
    Invoke-FreshSession @"
        Import-Module Pester -MinimumVersion 5.0
        `$configuration = New-PesterConfiguration
        `$configuration.Run.Path = '$(Join-Path $root 'tests/Pester')'
        `$configuration.Run.PassThru = `$true
        `$configuration.Output.Verbosity = 'Detailed'
        `$run = Invoke-Pester -Configuration `$configuration
        @{
            Passed  = `$run.PassedCount
            Failed  = `$run.FailedCount + `$run.FailedContainersCount + `$run.FailedBlocksCount
            Skipped = `$run.SkippedCount
        } | ConvertTo-Json | Set-Content '$report'
"@ | Out-Host
    Get-Content $report -Raw | ConvertFrom-Json
    Remove-Item $report
}

function Write-Count($Counts) {
    $sum = foreach ($name in 'Passed', 'Failed', 'Skipped') { [int]($Counts | ForEach-Object { $_.$name } | Measure-Object -Sum).Sum }
    '{0} passed, {1} failed, {2} skipped' -f $sum
    if ($sum[1] -gt 0) { exit 1 }
}

function Invoke-PesterTask { Write-Count (Invoke-PesterTest) }

function Invoke-TestTask { Write-Count @((Invoke-DotnetTest), (Invoke-PesterTest)) }

function Invoke-HelpTask {
    if (-not (Get-Module -ListAvailable platyPS)) { throw 'The task Help needs the module platyPS: Install-Module platyPS' }
    Invoke-BuildTask
    Invoke-FreshSession @"
        `$ErrorActionPreference = 'Stop'
        Import-Module platyPS
        Import-Module '$manifest'
        foreach (`$name in (Get-Module TsBackup).ExportedCmdlets.Keys) {
            if (-not (Test-Path (Join-Path '$help' "`$name.md"))) {
                New-MarkdownHelp -Command `$name -OutputFolder '$help' -NoMetadata:`$false | Out-Null
            }
        }
        Update-MarkdownHelp -Path (Get-ChildItem '$help' -Filter *-*.md).FullName -UpdateInputOutput:`$false | Out-Null
        # platyPS 0.14 takes a common parameter that is younger than itself for one of ours.
        foreach (`$file in Get-ChildItem '$help' -Filter *-*.md) {
            `$text = (Get-Content `$file -Raw) -replace '\r', ''
            `$text = `$text -replace ' \[-ProgressAction <ActionPreference>\]', ''
            `$text = `$text -replace '(?s)### -ProgressAction\n.*?(?=\n### |\n## )\n', ''
            Set-Content `$file (`$text.TrimEnd() + "``n") -NoNewline
        }
        New-ExternalHelp -Path '$help' -OutputPath '$help' -Force | Out-Null
"@
    foreach ($topic in Get-ChildItem $help -Filter 'about_*.md') {
        # Get-Help shows these as they are, so they are plain text already, but for the marks of headings and code.
        $text = (Get-Content $topic -Raw) -replace '(?m)^```\w*\r?\n', ''
        $text = ($text -replace '(?m)^#+ (.+?)\r?$', { $_.Groups[1].Value.ToUpperInvariant() }) -replace '`', ''
        Set-Content (Join-Path $help "$($topic.BaseName).help.txt") $text -NoNewline
    }
}

function Invoke-PackageTask {
    Invoke-BuildTask
    $version = (Import-PowerShellDataFile $manifest).ModuleVersion
    $target = Join-Path $out "TsBackup/$version"
    if (Test-Path $target) { Remove-Item $target -Recurse -Force }
    New-Item (Join-Path $target 'en-US') -ItemType Directory -Force | Out-Null
    Copy-Item $manifest, (Join-Path $root 'README.md'), (Join-Path $root 'CHANGELOG.md') $target
    Copy-Item $bin $target -Recurse
    Copy-Item (Join-Path $help '*.xml'), (Join-Path $help '*.help.txt') (Join-Path $target 'en-US')
    "Packed $target"

    $rid = [System.Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier
    $tool = Join-Path $out "tsbackup-$rid"
    if (Test-Path $tool) { Remove-Item $tool -Recurse -Force }
    Invoke-Native { dotnet publish (Join-Path $root 'src/TsBackup.Cli') -c $Configuration -r $rid -o $tool -v quiet --nologo }
    "Packed $tool"
}

function Invoke-CleanTask {
    $bin, $out | Where-Object { Test-Path $_ } | Remove-Item -Recurse -Force
}

foreach ($name in $Task) { & "Invoke-${name}Task" }
