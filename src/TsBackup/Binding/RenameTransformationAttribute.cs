using System.Collections;
using System.Management.Automation;

namespace TsBackup.Binding;

/// <summary>Takes new names of tables as a hashtable <c>@{ from = 'to' }</c> or as texts <c>FROM=TO</c>.</summary>
public sealed class RenameTransformationAttribute : ArgumentTransformationAttribute
{
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is IDictionary names
            ? names.Cast<DictionaryEntry>().Select(entry => $"{entry.Key}={entry.Value}").ToArray()
            : inputData;
}
