using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace JobOrchestrator.Tests.Support;

/// <summary>A wire between server and client that can be cut (connections are reset) or go dead (nothing passes, nobody is told).</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private const int BufferBytes = 1 << 16;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly IPEndPoint _target;
    private readonly ConcurrentDictionary<Connection, byte> _connections = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private volatile TaskCompletionSource _passing = Passing();
    private long _cutAfter = long.MaxValue;
    private bool _cutSilently;
    private readonly TaskCompletionSource _hung = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _answerCut = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile byte[]? _unanswered;
    private volatile bool _deadAfterAnswer;

    public TcpProxy(int targetPort)
    {
        _target = new IPEndPoint(IPAddress.Loopback, targetPort);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>Resets every connection there is now.</summary>
    public void Cut()
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Reset();
        }
    }

    /// <summary>Lets so many more bytes through, both ways taken together, then ends the connection that carries the next one. Happens once.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="silently">Whether nobody is told: that connection stays open, and nothing passes any more.</param>
    public void CutAfter(long bytes, bool silently = false)
    {
        Volatile.Write(ref _cutSilently, silently);
        Interlocked.Exchange(ref _cutAfter, bytes);
    }

    /// <summary>
    /// Ends the next connection that carries a request of that method when its answer comes: the far side has taken the request and has answered,
    /// and the near side does not learn it.
    /// </summary>
    /// <param name="method">Of the request.</param>
    /// <param name="thenDead">Whether nothing passes from that moment on, so that nobody can ask either.</param>
    public void CutAnswerTo(string method, bool thenDead = false)
    {
        _deadAfterAnswer = thenDead;
        _unanswered = Encoding.ASCII.GetBytes(method + " ");
    }

    /// <summary>Completes when an answer was cut off for the first time.</summary>
    public Task AnswerCutAsync(CancellationToken cancellation) => _answerCut.Task.WaitAsync(cancellation);

    /// <summary>Completes when a silent <see cref="CutAfter"/> has happened for the first time.</summary>
    public Task HungAsync(CancellationToken cancellation) => _hung.Task.WaitAsync(cancellation);

    /// <summary>From now on nothing passes, and nobody is told.</summary>
    public void GoDead() => _passing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was held up passes again.</summary>
    public void Heal() => _passing.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        Heal();
        Cut();
        await _accepting;
        _stop.Dispose();
    }

    private static TaskCompletionSource Passing()
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        source.SetResult();
        return source;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptAsync(_stop.Token);
                _ = CarryAsync(near);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException && _stop.IsCancellationRequested)
        {
            // The proxy is disposed.
        }
    }

    private async Task CarryAsync(Socket near)
    {
        var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.NoDelay = true;
        var connection = new Connection(near, far);
        _connections.TryAdd(connection, 0);
        try
        {
            await _passing.Task;
            await far.ConnectAsync(_target, _stop.Token);
            await Task.WhenAll(PumpOrResetAsync(near, far, connection, isAnswer: false), PumpOrResetAsync(far, near, connection, isAnswer: true));
            near.Dispose();
            far.Dispose();
        }
        catch (Exception e) when (IsCut(e))
        {
            connection.Reset(); // nobody there, or cut
        }
        finally
        {
            _connections.TryRemove(connection, out _);
        }
    }

    private static bool IsCut(Exception e) => e is SocketException or ObjectDisposedException or OperationCanceledException;

    private async Task PumpOrResetAsync(Socket from, Socket to, Connection connection, bool isAnswer)
    {
        try
        {
            await PumpAsync(from, to, connection, isAnswer);
        }
        catch (Exception e) when (IsCut(e))
        {
            // At once, and not when the other way ends too: it may have nothing to say for a long time.
            connection.Reset();
            throw;
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Connection connection, bool isAnswer)
    {
        var buffer = new byte[BufferBytes];
        int read;
        while ((read = await from.ReceiveAsync(buffer, SocketFlags.None, _stop.Token)) > 0)
        {
            await _passing.Task;
            if (isAnswer && connection.CutsAnswer)
            {
                if (_deadAfterAnswer)
                {
                    GoDead();
                }

                _answerCut.TrySetResult();
                throw new SocketException((int)SocketError.ConnectionReset);
            }

            if (!isAnswer && _unanswered is { } method && buffer.AsSpan(0, read).StartsWith(method))
            {
                _unanswered = null;
                connection.CutsAnswer = true;
            }

            if (Interlocked.Add(ref _cutAfter, -read) < 0)
            {
                Interlocked.Exchange(ref _cutAfter, long.MaxValue);
                if (Volatile.Read(ref _cutSilently))
                {
                    _hung.TrySetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
                }

                throw new SocketException((int)SocketError.ConnectionReset);
            }

            for (var sent = 0; sent < read;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), SocketFlags.None, _stop.Token);
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }

    private sealed class Connection(Socket near, Socket far)
    {
        /// <summary>Whether the next thing that the far side says ends it.</summary>
        public bool CutsAnswer { get; set; }

        public void Reset()
        {
            foreach (var socket in (Socket[])[near, far])
            {
                try
                {
                    socket.LingerState = new LingerOption(true, 0); // closing sends a reset
                }
                catch (Exception e) when (e is ObjectDisposedException or SocketException)
                {
                    // Closed already.
                }

                socket.Dispose();
            }
        }
    }
}
