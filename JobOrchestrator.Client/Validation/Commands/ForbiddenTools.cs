using System.Collections.Frozen;

namespace JobOrchestrator.Client.Validation.Commands;

/// <summary>Programs that are refused by their name alone, whatever their arguments.</summary>
internal static class ForbiddenTools
{
    private static readonly FrozenDictionary<string, (Rule Rule, string Kind)> Tools = Build();

    private static readonly FrozenDictionary<string, (Rule Rule, string Kind)>.AlternateLookup<ReadOnlySpan<char>> Lookup =
        Tools.GetAlternateLookup<ReadOnlySpan<char>>();

    public static IEnumerable<string> Names => Tools.Keys;

    /// <summary>What is to be said of a program of that name.</summary>
    public static bool TryGet(ReadOnlySpan<char> name, out (Rule Rule, string Kind) tool)
    {
        if (Lookup.TryGetValue(name, out tool))
        {
            return true;
        }

        // mkfs.ext4, mount.cifs, nc.openbsd; lxc-start, xmrig-6.20. But nc-config tells where a library is, and nc.csv is a table.
        var separator = Math.Max(0, name.IndexOfAny('.', '-'));
        var rest = name[separator..];
        tool = name[..separator] switch
        {
            "mkfs" or "mkswap" => (ScriptRules.DestructiveTool, "tool that wipes file systems"),
            "lxc" or "lxd" when rest[0] == '-' => (ScriptRules.Container, "container tool"),
            "xmrig" or "ccminer" or "cpuminer" or "minerd" or "ethminer" or "srbminer" => (ScriptRules.MinerTool, "miner"),
            "mount" or "umount" when rest is ".cifs" or ".nfs" or ".nfs4" or ".fuse" or ".ntfs" or ".ntfs-3g" or ".smb3" or ".ceph" or ".glusterfs" or ".lustre" => (ScriptRules.Container, "mount tool"),
            "nc" or "netcat" when rest is ".traditional" or ".openbsd" or "-traditional" or "-openbsd" => (ScriptRules.NetworkTool, "network tool"),
            _ => default,
        };
        return tool.Rule is not null;
    }

    private static FrozenDictionary<string, (Rule Rule, string Kind)> Build()
    {
        var all = new Dictionary<string, (Rule, string)>(StringComparer.Ordinal);
        Add(ScriptRules.NetworkTool, "network tool", """
            curl wget wget2 aria2c axel curlie xh http https httpie lynx links elinks w3m nc ncat netcat socat telnet ssh scp sftp ftp lftp tftp ncftp
            ncftpget ncftpput slogin sshpass sshfs autossh mosh rsh rlogin rexec rcp ssh-copy-id ssh-keyscan rclone s3cmd s4cmd s5cmd gsutil gcloud
            aws az azcopy gh ping ping6 fping hping hping3 nping arping traceroute traceroute6 tracepath mtr nmap zmap masscan rustscan dig nslookup
            host drill whois tcpdump tshark dumpcap ngrep ettercap bettercap iperf iperf3 netperf sendmail mail mailx mutt msmtp swaks sendEmail ssmtp
            tor torify torsocks proxychains proxychains4 openvpn wg wg-quick ngrok cloudflared chisel frpc frps bore stunnel stunnel4 dropbear
            dbclient sshd vsftpd nikto hydra sqlmap msfconsole msfvenom metasploit gobuster dirb wfuzz ffuf websocat wscat grpcurl smbclient
            rpcclient mount.cifs davfs2 youtube-dl yt-dlp kermit uucp finger irssi weechat slowloris slowhttptest siege wrk bombardier vegeta
            globus globus-url-copy iget iput irsync transmission-cli aria2 ipfs croc magic-wormhole wormhole filebrowser darkhttpd webfsd ldapsearch snmpwalk crackmapexec responder dnscat dnscat2 iodine ptunnel redsocks pwnat tailscale tailscaled ansible ansible-playbook terraform pulumi zerotier-cli zerotier-one nats mosquitto_pub mosquitto_sub
            """);
        Add(ScriptRules.PrivilegeTool, "tool for other rights", "sudo sudoedit su doas pkexec gosu su-exec runuser visudo sg newgrp setcap capsh setpriv dzdo sux gksu kdesu calife");
        Add(ScriptRules.Account, "account tool", """
            passwd chpasswd useradd adduser usermod userdel deluser groupadd addgroup groupmod groupdel delgroup gpasswd chage chsh chfn vipw vigr pwconv
            newusers faillock pam_tally2 htpasswd samba-tool smbpasswd
            """);
        Add(ScriptRules.PackageManager, "system package manager",
            "apt apt-get aptitude dpkg yum dnf microdnf zypper rpm apk pacman emerge flatpak nix-env tdnf urpmi");
        Add(ScriptRules.Container, "container tool", """
            docker dockerd docker-compose podman podman-compose nerdctl containerd ctr crictl runc crun buildah skopeo kubectl helm k3s minikube kind oc
            nsenter unshare chroot schroot pivot_root switch_root systemd-nspawn machinectl bwrap proot firejail mount umount swapon swapoff losetup
            fusermount fusermount3 udisksctl virsh vagrant qemu-system-x86_64 lxc lxd lxc-attach lxc-start
            """);
        Add(ScriptRules.Kernel, "kernel tool", """
            insmod modprobe rmmod depmod kexec dkms kmod bpftool bpftrace setenforce semodule aa-disable aa-teardown apparmor_parser auditctl
            ausearch kdump stap systemtap
            """);
        Add(ScriptRules.Service, "tool for the machine itself", """
            systemctl service systemd-run initctl telinit init rc-service rc-update update-rc.d chkconfig loginctl shutdown reboot halt poweroff
            iptables ip6tables iptables-restore nft ufw firewall-cmd ebtables ipset tc wpa_supplicant nmcli ifup ifdown hwclock timedatectl hostnamectl
            grub-install update-grub efibootmgr ipmitool rtcwake wall
            """);
        Add(ScriptRules.Schedule, "scheduler", "crontab at atd atrm batch anacron cron crond incrontab fcrontab");
        Add(ScriptRules.DestructiveTool, "tool that wipes files or file systems", """
            shred wipe srm scrub sfill sswap nwipe mkfs mke2fs mkswap mkdosfs mkntfs wipefs blkdiscard hdparm sdparm badblocks debugfs tune2fs
            e2fsck fsck xfs_repair cryptsetup rm_rf fstrim nvme
            """);
        Add(ScriptRules.DeviceTool, "tool for devices", """
            fdisk cfdisk sfdisk parted gparted sgdisk gdisk dmsetup lvm lvremove lvcreate lvextend vgremove vgcreate pvcreate pvremove mdadm kpartx partprobe
            zpool zfs btrfs multipath setserial flashrom dd_rescue ddrescue extundelete testdisk photorec
            """);
        Add(ScriptRules.Stress, "stress tool", "stress stress-ng memtester cpuburn burnP6 burnMMX mprime prime95 stressapptest lookbusy cpu-burn");
        Add(ScriptRules.MinerTool, "miner", """
            xmrig xmrig-cuda xmrig-notls xmr-stak xmr-stak-rx minerd cpuminer cpuminer-multi cpuminer-opt ccminer ethminer cgminer bfgminer sgminer t-rex trex nbminer
            phoenixminer PhoenixMiner lolMiner lolminer gminer nanominer teamredminer srbminer SRBMiner-MULTI claymore EthDcrMiner64 xmrigDaemon
            minergate minergate-cli nheqminer ewbf bminer kawpowminer wildrig wildrig-multi rhminer verthashminer monerod monero-wallet-cli bitcoind
            xlarig rigel onezerominer cryptonight randomx nicehash nhmp moneroocean kinsing kdevtmpfsi
            """);
        Add(ScriptRules.OtherProcesses, "tool that signals processes by name or owner", "killall killall5 skill snice slay");
        Add(ScriptRules.Inspection, "tool that looks into processes", "gcore ptrace reptyr memdump gdbserver criu");
        return all.ToFrozenDictionary(StringComparer.Ordinal);

        void Add(Rule rule, string kind, string names)
        {
            foreach (var name in names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            {
                all[name] = (rule, kind);
            }
        }
    }
}
