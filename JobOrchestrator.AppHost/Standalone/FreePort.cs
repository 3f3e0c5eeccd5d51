using System.Net;
using System.Net.Sockets;

namespace JobOrchestrator.AppHost.Standalone;

/// <summary>TCP ports of this machine.</summary>
internal static class FreePort
{
    /// <summary>A port nobody listens on, on any address of both families.</summary>
    public static int Choose()
    {
        using var socket = Bind(0);
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Whether nobody listens on <paramref name="port"/>.</summary>
    public static bool IsFree(int port)
    {
        try
        {
            Bind(port).Dispose();
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AccessDenied)
        {
            throw new HostException($"Port {port} may only be used by root; choose one from 1024 on.");
        }
    }

    private static Socket Bind(int port)
    {
        var dual = Socket.OSSupportsIPv6;
        var socket = new Socket(dual ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (dual)
            {
                socket.DualMode = true;
            }

            socket.Bind(new IPEndPoint(dual ? IPAddress.IPv6Any : IPAddress.Any, port));
            socket.Listen();
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }
}
