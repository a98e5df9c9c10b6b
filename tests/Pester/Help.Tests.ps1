BeforeDiscovery {
    . $PSScriptRoot/Common.ps1
    $commands = (Get-Module TsBackup).ExportedCmdlets.Values | ForEach-Object { @{ Name = $_.Name; Command = $_ } }
    $topics = Get-ChildItem (Join-Path $root 'en-US') -Filter 'about_*.md' | ForEach-Object { @{ Name = $_.BaseName } }
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
    $help = Join-Path $root 'en-US'

    # Texts are compared without marks, blanks and line breaks: Markdown and MAML differ in all of them.
    function ConvertTo-Words($Text) {
        $plain = (($Text | ForEach-Object { if ($_ -is [string]) { $_ } else { $_.Text } }) -join ' ') -replace '[`\\*]', '' -replace '\[([^\]]+)\]\([^)]*\)', '$1'
        ($plain -replace '(?m)^\s*- ', '' -replace '\s+', '')
    }

    function Get-Section([string] $Markdown, [string] $Heading) {
        $match = [regex]::Match($Markdown, "(?ms)^$([regex]::Escape($Heading))[^\n]*\n(.*?)(?=^#{2,3} |^``````yaml|\z)")
        ConvertTo-Words $match.Groups[1].Value
    }
}

Describe 'Help of <Name>' -ForEach $commands {
    BeforeAll {
        $shown = Get-Help $Name -Full
        $markdown = (Get-Content (Join-Path $help "$Name.md") -Raw) -replace '\r', ''
        $common = [System.Management.Automation.Cmdlet]::CommonParameters + [System.Management.Automation.Cmdlet]::OptionalCommonParameters
        $parameters = $Command.Parameters.Keys | Where-Object { $_ -notin $common }
    }

    It 'has a synopsis of its own' {
        $shown.Synopsis | Should -Not -Match "^\s*$Name"
        $shown.Synopsis.Length | Should -BeGreaterThan 15
    }

    It 'has a description' {
        (ConvertTo-Words $shown.Description).Length | Should -BeGreaterThan 80
    }

    It 'has examples that call the cmdlet, each with a remark' {
        @($shown.Examples.Example).Count | Should -BeGreaterThan 1
        foreach ($example in $shown.Examples.Example) {
            $example.Code | Should -Match $Name
            (ConvertTo-Words $example.Remarks).Length | Should -BeGreaterThan 5
        }
    }

    It 'has examples that are PowerShell' {
        foreach ($example in $shown.Examples.Example) {
            $errors = $null
            [void][System.Management.Automation.Language.Parser]::ParseInput(($example.Code -replace '(?m)^PS> ', ''), [ref]$null, [ref]$errors)
            $errors | Should -BeNullOrEmpty -Because $example.Code
        }
    }

    It 'describes every parameter' {
        foreach ($parameter in $parameters) {
            $description = ConvertTo-Words ($shown.Parameters.Parameter | Where-Object Name -eq $parameter).Description
            $description | Should -Not -BeNullOrEmpty -Because $parameter
            $description | Should -Not -Match '\{\{' -Because $parameter
        }
    }

    It 'describes no parameter that is not there' {
        $shown.Parameters.Parameter.Name | Where-Object { $_ -notin $parameters -and $_ -notin 'WhatIf', 'Confirm' } | Should -BeNullOrEmpty
    }

    It 'names what it puts out' {
        $shown.ReturnValues.ReturnValue.Type.Name | ForEach-Object { $_.Trim() } | Should -Be $Command.OutputType.Type.FullName
    }

    It 'has MAML that is as fresh as its Markdown' {
        ConvertTo-Words $shown.Synopsis | Should -Be (Get-Section $markdown '## SYNOPSIS')
        ConvertTo-Words $shown.Description | Should -Be (Get-Section $markdown '## DESCRIPTION')
        foreach ($parameter in $parameters) {
            ConvertTo-Words ($shown.Parameters.Parameter | Where-Object Name -eq $parameter).Description |
                Should -Be (Get-Section $markdown "### -$parameter") -Because $parameter
        }
        $titles = [regex]::Matches($markdown, '(?m)^### (Example \d+: .+)$') | ForEach-Object { $_.Groups[1].Value.Trim() }
        $shown.Examples.Example.Title | ForEach-Object { $_.Trim('- ') } | Should -Be $titles
    }

    It 'leads to pages that are there' {
        foreach ($link in $shown.RelatedLinks.NavigationLink.LinkText) {
            Join-Path $help "$link.md" | Should -Exist
        }
    }
}

Describe '<Name>' -ForEach $topics {
    It 'is found by Get-Help' {
        (Get-Help $Name | Out-String) | Should -Match $Name
    }

    It 'is as fresh as its Markdown' {
        $shown = Get-Content (Join-Path $help "$Name.help.txt") | ForEach-Object { $_.Trim() } | Where-Object { $_ }
        $source = Get-Content (Join-Path $help "$Name.md") | Where-Object { $_ -notmatch '^```' } |
            ForEach-Object { ($_ -replace '^#+ ', '' -replace '`', '').Trim() } | Where-Object { $_ }
        $shown | Should -Be $source
    }
}

Describe 'Help folder' {
    It 'has a page for every cmdlet and none besides' {
        (Get-ChildItem $help -Filter '*-*.md').BaseName | Sort-Object | Should -Be ((Get-Module TsBackup).ExportedCmdlets.Keys | Sort-Object)
    }
}
