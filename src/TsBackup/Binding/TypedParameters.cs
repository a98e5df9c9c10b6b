using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace TsBackup.Binding;

/// <summary>
/// The parameters of the command that is being typed. The shell gives completers only what stands there in full; a passphrase never
/// does, so variables and $PSDefaultParameterValues are looked up too. Nothing is run for it.
/// </summary>
internal sealed class TypedParameters
{
    private readonly Dictionary<string, object?> _values = new(StringComparer.OrdinalIgnoreCase);

    public TypedParameters(string commandName, CommandAst command, IDictionary typed)
    {
        foreach (DictionaryEntry entry in typed)
            _values[(string)entry.Key] = Unwrap(entry.Value);
        foreach (var (name, binding) in StaticParameterBinder.BindCommand(command).BoundParameters)
        {
            if (!_values.ContainsKey(name) && binding.Value is VariableExpressionAst { Splatted: false } variable)
                _values[name] = Variable(variable.VariablePath.UserPath);
        }
        AddDefaults(commandName);
    }

    /// <summary>A parameter's value; null when it is not there.</summary>
    public object? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>A parameter as text, the first where it is a list; null when it is not there.</summary>
    public string? Text(string name) => this[name] switch
    {
        string { Length: > 0 } text => text,
        object[] { Length: > 0 } list => list[0]?.ToString(),
        _ => null,
    };

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private static object? Variable(string name)
    {
        using var session = PowerShell.Create(RunspaceMode.CurrentRunspace);
        session.AddCommand("Get-Variable").AddParameter("Name", name).AddParameter("ValueOnly");
        session.AddParameter("ErrorAction", ActionPreference.Ignore);
        return Unwrap(session.Invoke().FirstOrDefault());
    }

    private void AddDefaults(string commandName)
    {
        if (Variable("PSDefaultParameterValues") is not IDictionary defaults)
            return;
        foreach (DictionaryEntry entry in defaults)
        {
            var key = entry.Key as string ?? "";
            var colon = key.LastIndexOf(':');
            if (colon <= 0 || !WildcardPattern.Get(key[..colon].Trim(), WildcardOptions.IgnoreCase).IsMatch(commandName))
                continue;
            var name = key[(colon + 1)..].Trim();
            if (!_values.ContainsKey(name) && Unwrap(entry.Value) is { } value and not ScriptBlock)
                _values[name] = value;
        }
    }
}
