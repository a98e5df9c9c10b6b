BeforeDiscovery {
    . $PSScriptRoot/Common.ps1
    $commands = (Get-Module TsBackup).ExportedCmdlets.Values | ForEach-Object { @{ Name = $_.Name; Command = $_ } }
    $types = $commands.Command.OutputType.Type | Sort-Object FullName -Unique | ForEach-Object { @{ Type = $_ } }
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
    $module = Get-Module TsBackup
    $manifest = Import-PowerShellDataFile (Join-Path $root 'TsBackup.psd1')
    $assembly = [TsBackup.Commands.BackupTimeSeriesCommand].Assembly
}

Describe 'Module' {
    It 'has a valid manifest' {
        (Test-ModuleManifest (Join-Path $root 'TsBackup.psd1')).Name | Should -Be 'TsBackup'
    }

    It 'exports just the cmdlets that there are' {
        $classes = $assembly.GetTypes() | ForEach-Object {
            $attribute = [Attribute]::GetCustomAttribute($_, [System.Management.Automation.CmdletAttribute])
            if ($attribute) { '{0}-{1}' -f $attribute.VerbName, $attribute.NounName }
        }
        $manifest.CmdletsToExport | Sort-Object | Should -Be ($classes | Sort-Object)
        $module.ExportedCmdlets.Keys | Sort-Object | Should -Be ($classes | Sort-Object)
    }

    It 'exports nothing else' {
        $module.ExportedFunctions.Count + $module.ExportedAliases.Count + $module.ExportedVariables.Count | Should -Be 0
    }

    It 'has assemblies of the version in the manifest' {
        $assembly.GetName().Version.ToString(3) | Should -Be $manifest.ModuleVersion
        [TsBackup.BackupVersion].Assembly.GetName().Version.ToString(3) | Should -Be $manifest.ModuleVersion
    }

    It 'ships no assembly that PowerShell brings itself, and nothing but its own files' {
        Get-ChildItem (Join-Path $root 'bin') | Where-Object { $_.Name -notmatch '^TsBackup[\w.]*\.(dll|ps1xml)$' } | Should -BeNullOrEmpty
    }

    It 'uses the Newtonsoft.Json of PowerShell' {
        $reference = [TsBackup.BackupVersion].Assembly.GetReferencedAssemblies() | Where-Object Name -eq 'Newtonsoft.Json'
        if ($reference) {
            $reference.Version.Major | Should -Be ([Newtonsoft.Json.JsonConvert].Assembly.GetName().Version.Major)
        }
        Join-Path $root 'bin/Newtonsoft.Json.dll' | Should -Not -Exist
    }
}

Describe '<Name>' -ForEach $commands {
    It 'has an approved verb and a class of its name' {
        $Command.Verb | Should -BeIn (Get-Verb).Verb
        $Command.ImplementingType.Name | Should -Be ($Command.Verb + $Command.Noun + 'Command')
        $Command.ImplementingType.IsSealed | Should -BeTrue
    }

    It 'says what it puts out' {
        $Command.OutputType.Count | Should -Be 1
        $Command.OutputType[0].Type.Namespace | Should -Be 'TsBackup'
    }

    It 'supports -WhatIf when it changes something' {
        if ($Command.Verb -in 'New', 'Backup', 'Restore', 'Remove', 'Optimize', 'Repair', 'Copy', 'Export', 'Add', 'Set', 'Undo') {
            $Command.Parameters.Keys | Should -Contain 'WhatIf'
        }
        elseif ($Command.Verb -eq 'Get') {
            $Command.Parameters.Keys | Should -Not -Contain 'WhatIf'
        }
    }

    It 'takes no secret as plain text' {
        foreach ($parameter in $Command.Parameters.Values | Where-Object Name -match '^(Passphrase|Password|Secret|Credential|Key)$') {
            $parameter.ParameterType | Should -BeIn ([securestring], [pscredential])
        }
    }

    It 'takes wildcards where it says so' {
        if ($Command.Parameters['Table']) {
            $Command.Parameters['Table'].Attributes.TypeId.Name | Should -Contain 'SupportsWildcardsAttribute'
        }
    }
}

Describe 'Parameters about stores' {
    It 'are alike in all cmdlets that talk to stores' {
        $cmdlets = Get-Command -Module TsBackup | Where-Object { $_.Parameters.ContainsKey('Credential') }
        $cmdlets.Name | Should -Contain 'Compare-BackupVersion'
        $cmdlets.Count | Should -BeGreaterOrEqual 5
        foreach ($name in 'Credential', 'AllowUntrustedCertificate', 'TimeoutSec') {
            $shapes = foreach ($cmdlet in $cmdlets) {
                $parameter = $cmdlet.Parameters[$name]
                # Where the compiler notes what may be null is its own affair.
                $attributes = $parameter.Attributes.TypeId.Name | Where-Object { $_ -notlike 'Nullable*' } | Sort-Object
                "$($parameter.ParameterType) $($attributes -join ' ')"
            }
            @($shapes | Sort-Object -Unique).Count | Should -Be 1 -Because $name
            $defaults = foreach ($cmdlet in $cmdlets) { "$([Activator]::CreateInstance($cmdlet.ImplementingType).$name)" }
            @($defaults | Sort-Object -Unique).Count | Should -Be 1 -Because $name
        }
    }
}

Describe 'Type <Type>' -ForEach $types {
    It 'can be named in scripts' {
        $Type.FullName -as [type] | Should -Be $Type
    }

    It 'has a view' {
        $view = Get-FormatData $Type.FullName
        $view | Should -Not -BeNullOrEmpty
        $view.FormatViewDefinition.Control | Should -BeOfType ([System.Management.Automation.TableControl])
    }

    It 'keeps its lists when it travels to another session' {
        (Get-TypeData $Type.FullName).SerializationDepth | Should -BeGreaterThan 1
    }
}
