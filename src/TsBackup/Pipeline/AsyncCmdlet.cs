using System.Management.Automation;
using System.Threading.Channels;
using TsBackup.Binding;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Pipeline;

/// <summary>
/// Runs the asynchronous work of a cmdlet on the thread pool and carries what it says to the pipeline thread, the only one that may
/// write. Ctrl+C cancels the work and waits until it has put things in order.
/// </summary>
public abstract class AsyncCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private ChannelWriter<Action>? _toPipeline;
    private ProgressRecord? _progress;

    protected AsyncCmdlet() => Observer = new CmdletObserver(this);

    /// <summary>Hears an operation and writes its progress, warnings and log to the streams of the cmdlet.</summary>
    internal CmdletObserver Observer { get; }

    public void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the cmdlet keeps open between records.</summary>
    protected virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The work for one record of the pipeline.</summary>
    /// <param name="cancellation">Cancelled when the pipeline stops.</param>
    protected virtual Task ProcessAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>The work after the last record.</summary>
    /// <param name="cancellation">Cancelled when the pipeline stops.</param>
    protected virtual Task EndAsync(CancellationToken cancellation) => Task.CompletedTask;

    protected sealed override void ProcessRecord() => Run(ProcessAsync, isOneOfMany: MyInvocation.ExpectingInput);

    protected sealed override void EndProcessing() => Run(EndAsync, isOneOfMany: false);

    protected sealed override void StopProcessing() => _stop.Cancel();

    protected new void WriteObject(object value) => Post(() => base.WriteObject(value));

    protected new void WriteError(ErrorRecord error) => Post(() => base.WriteError(error));

    internal new void WriteWarning(string text) => Post(() => base.WriteWarning(text));

    internal new void WriteVerbose(string text) => Post(() => base.WriteVerbose(text));

    internal new void WriteProgress(ProgressRecord progress) => Post(() =>
    {
        _progress = progress;
        base.WriteProgress(progress);
    });

    /// <summary>Reports an error that does not end the cmdlet.</summary>
    protected void WriteError(Exception error) => WriteError(ErrorRecords.From(error));

    /// <summary>Asks whether to go on, unless the user has decided already.</summary>
    protected Task<bool> ShouldProcessAsync(string target, string action) => OnPipelineAsync(() => ShouldProcess(target, action));

    /// <summary>
    /// Asks whether to go on; what destroys data is asked for even where the preference would not ask, unless it is forced.
    /// </summary>
    /// <param name="target">What will change.</param>
    /// <param name="action">What will be done.</param>
    /// <param name="question">The question about what is destroyed; null when nothing is.</param>
    /// <param name="force">The user has answered it already.</param>
    private protected Task<Consent> AskAsync(string target, string action, string? question, bool force) => OnPipelineAsync(() =>
    {
        var sentence = $"{action}: {target}.";
        if (!ShouldProcess(sentence, sentence + " Go on?", action, out var reason))
            return reason.HasFlag(ShouldProcessReason.WhatIf) ? Consent.PlanOnly : Consent.Refused;
        return question is null || force || IsConfirmed() || ShouldContinue(question, action)
            ? Consent.Given
            : Consent.Refused;
    });

    /// <summary>Works through the values of one record; one that fails does not end the others.</summary>
    private protected async Task ForEachAsync<T>(IReadOnlyList<T> values, Func<T, Task> work)
    {
        foreach (var value in values)
        {
            try
            {
                await work(value).ConfigureAwait(false);
            }
            catch (TsBackupException e) when (values.Count > 1)
            {
                WriteError(e);
            }
        }
    }

    /// <summary>The part of a store or version that the parameters name.</summary>
    private protected static Scope ScopeOf(
        IReadOnlyList<string> tables, IReadOnlyList<string> exclude, long? start = null, long? end = null, bool noSettings = false) =>
        new(tables, exclude, TimeRange.FromStartEnd(start, end), !noSettings);

    /// <summary>A time in nanoseconds since 1970 as the date it is.</summary>
    private protected static DateTimeOffset? DateOf(long? time) =>
        time is { } nanoseconds ? DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick) : null;

    /// <summary>Makes the connector of a store.</summary>
    private protected IConnector OpenStore(string store, StoreAccess access) => access.Open(store, Observer);

    /// <summary>Does something on the pipeline thread and waits for its result.</summary>
    protected async Task<T> OnPipelineAsync<T>(Func<T> action)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                result.TrySetResult(action());
            }
            catch (TsBackupException e)
            {
                result.TrySetException(e);
            }
        });
        return await result.Task.WaitAsync(_stop.Token).ConfigureAwait(false);
    }

    // -Confirm has been answered by ShouldProcess; -Confirm:$false and the preference None mean that nobody is to be asked.
    private bool IsConfirmed() => MyInvocation.BoundParameters.ContainsKey("Confirm")
        || string.Equals(GetVariableValue("ConfirmPreference")?.ToString(), nameof(ConfirmImpact.None), StringComparison.OrdinalIgnoreCase);

    private void Post(Action action) => _toPipeline?.TryWrite(action);

    private void Run(Func<CancellationToken, Task> work, bool isOneOfMany)
    {
        var queue = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
        _toPipeline = queue.Writer;
        var running = Task.Run(async () =>
        {
            try
            {
                await work(_stop.Token).ConfigureAwait(false);
            }
            finally
            {
                queue.Writer.Complete();
            }
        });
        try
        {
            Pump(queue.Reader);
        }
        catch
        {
            // Downstream has had enough, the user stopped, or a preference turned a message into an end.
            _stop.Cancel();
            Task.WhenAny(running).GetAwaiter().GetResult();
            throw;
        }
        Finish(running, isOneOfMany);
    }

    private static void Pump(ChannelReader<Action> queue)
    {
        while (queue.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (queue.TryRead(out var action))
                action();
        }
    }

    private void Finish(Task work, bool isOneOfMany)
    {
        if (_stop.IsCancellationRequested)
            throw new PipelineStoppedException();
        if (_progress is { } progress)
        {
            progress.RecordType = ProgressRecordType.Completed;
            base.WriteProgress(progress);
            _progress = null;
        }
        try
        {
            work.GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            var error = ErrorRecords.From(e);
            if (!isOneOfMany)
                ThrowTerminatingError(error);
            base.WriteError(error);
        }
    }
}
