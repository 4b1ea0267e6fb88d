"""Which commands take data with them or open a system, as tables: a new command is a row."""

from collections.abc import Iterator, Sequence

from kb.analysis import shell
from kb.analysis.phrases import PhraseTable, phrase
from kb.analysis.shell import Form

_ROOTS = "bin|boot|dev|etc|lib|lib32|lib64|proc|root|sbin|sys|usr|var|System|Library"
_LATER = "usr/(?:bin|lib|lib64|sbin|share|libexec)|var/lib"
_TREES = f"{_ROOTS}|{_LATER}|home|opt|srv|Users|Applications"
_STORES = "docker|containerd|mysql|mariadb|postgresql|pgsql|mongodb|mongo|redis|elasticsearch|rabbitmq|kubelet|etcd|influxdb|clickhouse|cassandra"
_ALL = r"(?:/+\.?\*{0,2}|/\.)?"
_HOME = r"~\w*|\$HOME|\$\{HOME\}|/(?:home|Users)/[^/\s*]+"
_WINDOWS_TREES = r"Windows|Windows[\\/]+System32|Users|Users[\\/]+[^\\/\s*]+|Program Files(?: \(x86\))?|ProgramData"
_WINDOWS_NAMED = (
    r"%(?:SystemRoot|SystemDrive|WinDir|UserProfile|ProgramFiles|AppData)%"
    r"|\$\{?env:(?:SystemRoot|SystemDrive|WinDir|UserProfile|ProgramFiles|HOMEDRIVE)\}?"
)
_WINDOWS = rf"(?i:(?:\\\\\?\\)?[a-z]:(?:[\\/]+(?:{_WINDOWS_TREES}))?|{_WINDOWS_NAMED})[\\/]*(?:\*(?:\.\*)?)?"
PRECIOUS = rf"/+\*{{0,2}}|/+\.|/+(?:{_TREES}){_ALL}|(?:{_HOME}){_ALL}|/var/lib/(?:{_STORES})(?:/.*)?|{_WINDOWS}"
"""A system, a home, or where a server keeps its data: the whole of it."""

SYSTEM = rf"/+\*{{0,2}}|/+(?:{_ROOTS}|{_LATER}){_ALL}|{_WINDOWS}"
_SHARED = rf"/+\*?|/+(?:{_ROOTS}|home|opt|srv|app|data|mnt|run|Users)(?:/.*)?"

DISK = (
    r"(?:/dev/(?:(?:sd|hd|vd|xvd)[a-zX*]|nvme\d|nvme[nX]|mmcblk|r?disk\d|disk/|mapper/|md\d|dm-\d|s?da\d)\S*"
    r"|/dev/[<{$]\S*|\\\\\.\\PhysicalDrive\d+)"
)
_BRANCH = r"(?:refs/heads/)?(?:main|master|trunk|develop|dev|production|prod|release)"
_EVERYONE = r"0?[0-7]{2}[2367]|[2467][0-7]{2}[2367]|(?:\S*,)?[ugo]*[ao][ugo]*[+=][rxXst]*w[rwxXst]*(?:,\S*)?"
_SHELL = r"(?:/\S*/)?(?:ba|z|da|k)?sh"
_NARROWED = (
    "-name -iname -path -ipath -wholename -regex -iregex -mtime -atime -ctime -mmin -amin -cmin -size -user -uid -group "
    "-newer -perm -inum -empty -nouser -nogroup"
)

FORMS = (
    # files
    Form("rm|ri|rmdir|rd|del|erase", ("-r -R --recursive",), (PRECIOUS,)),
    Form("rm", ("--no-preserve-root",)),
    Form("Remove-Item|ri|rm|rmdir|rd|del|erase", ("-Recurse",), (PRECIOUS,), "-WhatIf", windows=True),
    Form("rd|rmdir|del|erase", ("-s",), (PRECIOUS,), windows=True),
    Form("find", ("-delete",), (PRECIOUS,), _NARROWED),
    Form("find", ("-exec -execdir -ok -okdir",), (PRECIOUS, r"(?:/\S*/)?(?:rm|shred|unlink)"), _NARROWED),
    Form("mv", (), ("/dev/null",)),
    Form("rsync", ("--delete --delete-before --delete-after --delete-during --del",), (SYSTEM,), "-n --dry-run"),
    Form("gio trash|remove", (), (PRECIOUS,)),
    # disks
    Form(
        "mkfs|mkfs.ext2|mkfs.ext3|mkfs.ext4|mkfs.xfs|mkfs.btrfs|mkfs.vfat|mkfs.fat|mkfs.ntfs|mkfs.f2fs|mkfs.exfat|mkfs.msdos"
        "|mkfs.jfs|mkfs.reiserfs|mkfs.minix|mkfs.zfs|mke2fs|mkswap|newfs|mkntfs|mkdosfs",
        (),
        (DISK,),
        "-n",
    ),
    Form("dd", (), (rf"of={DISK}",)),
    Form("shred|blkdiscard|truncate|tee", (), (DISK,)),
    Form("badblocks", ("-w",), (DISK,)),
    Form("wipefs", ("-a --all -o --offset",), (DISK,), "-n --no-act"),
    Form("sgdisk", ("-Z --zap-all -z --zap -o --clear",), (DISK,)),
    Form("sfdisk", ("--delete",), (DISK,)),
    Form("parted", (), (DISK, "mklabel|mktable|rm")),
    Form("hdparm", ("--security-erase --security-erase-enhanced --trim-sector-ranges",)),
    Form("nvme format|sanitize", (), (DISK,)),
    Form("cryptsetup", (), ("luksFormat|luksErase|erase", ".+")),
    Form("mdadm", ("--zero-superblock",)),
    Form("vgremove|lvremove|pvremove", (), (".+",)),
    Form("zpool destroy|labelclear", (), (".+",)),
    Form("zfs destroy", ("-r -R",), (".+",), "-n"),
    Form("diskutil", (), (r"(?i:erase(?:Disk|Volume)|zeroDisk|secureErase|partitionDisk)", ".+")),
    Form("format|format.com", (), (r"(?i:[a-z]):\\?",), windows=True),
    Form("Format-Volume|Clear-Disk|Remove-Partition|Reset-PhysicalDisk", ("-DriveLetter -Number -DiskNumber -InputObject -UniqueId -FriendlyName -FileSystemLabel -Path -RemoveData",), (), "-WhatIf", windows=True),
    Form("vssadmin delete shadows"),
    Form("wmic shadowcopy delete"),
    Form("wbadmin delete catalog|backup|systemstatebackup"),
    Form("reg delete", (), (r"(?i:HKLM|HKCU|HKEY_\w+)(?:\\+(?i:SYSTEM|SOFTWARE))?\\*",), windows=True),
    # databases and queues
    Form("dropdb", (), (".+",)),
    Form("mysqladmin drop", (), (".+",)),
    Form("mysqladmin", (), ("drop", ".+")),
    Form("redis-cli|valkey-cli|keydb-cli", (), ("(?i:FLUSHALL|FLUSHDB)",)),
    Form("mongo|mongosh", (), (r".*dropDatabase\(.*",)),
    Form("rails|rake db:drop|db:reset|db:drop:all|db:migrate:reset|db:schema:load"),
    Form("rails|rake", (), ("db:drop|db:reset|db:drop:all|db:migrate:reset",)),
    Form("artisan migrate:fresh|migrate:reset|migrate:refresh|db:wipe"),
    Form("prisma migrate reset"),
    Form("manage.py flush|reset_db|sqlflush"),
    Form("rabbitmqctl reset|force_reset|delete_vhost|purge_queue|delete_queue"),
    Form("kafka-topics|kafka-topics.sh", ("--delete",)),
    Form("etcdctl del", ("--prefix --from-key",)),
    # containers and clusters
    Form("docker|podman|nerdctl volume prune"),
    Form("docker|podman|nerdctl system prune", ("--volumes",)),
    Form("docker|podman|nerdctl compose down|rm", ("-v --volumes",)),
    Form("docker-compose|podman-compose down|rm", ("-v --volumes",)),
    Form("kubectl|oc|k3s delete", (), (r"(?i)(?:[\w.,-]*,)?(?:ns|namespaces?|projects?|pvc?|persistentvolumes?|persistentvolumeclaims?|crds?|customresourcedefinitions?(?:\.\S+)?|nodes?)(?:[/,].*)?",), "--dry-run"),
    Form("kubectl|oc|k3s delete", ("--all -A --all-namespaces",), (".+",), "--dry-run"),
    Form("kubectl|oc delete-namespace"),
    # infrastructure
    Form("terraform|tofu|terragrunt destroy", (), (), "-target --target"),
    Form("terraform|tofu|terragrunt apply", ("-destroy --destroy",), (), "-target --target"),
    Form("terragrunt run-all destroy"),
    Form("pulumi|cdk|sst destroy"),
    Form("aws s3 rm", ("--recursive",), ("s3://.*|.*[$<{].*",), "--dryrun"),
    Form("aws s3 rb", ("--force",), ("s3://.*|.*[$<{].*",)),
    Form("aws rds delete-db-instance|delete-db-cluster"),
    Form("aws dynamodb delete-table"),
    Form("aws ec2 terminate-instances", (), (), "--dry-run"),
    Form("gsutil rm", ("-r -R -a",), ("gs://.*|.*[$<{].*",)),
    Form("gsutil rb"),
    Form("gcloud storage rm", ("-r -R --recursive",)),
    Form("gcloud projects delete"),
    Form("gcloud sql instances|databases delete"),
    Form("gcloud container clusters delete"),
    Form("az group delete"),
    Form("az storage account|container delete"),
    Form("az sql db delete"),
    Form("mc rm", ("-r --recursive",), (), "--fake"),
    Form("mc rb", ("--force",)),
    Form("rclone purge", (), (".+",), "-n --dry-run"),
    Form("heroku pg:reset|apps:destroy"),
    Form("gh repo delete"),
    # published history
    Form("git push", ("-f --force --mirror",), (), "-n --dry-run"),
    Form("git push", (), (r"\+\S+",), "-n --dry-run"),
    Form("git push", ("-d --delete",), (_BRANCH,), "-n --dry-run"),
    Form("git push", (), (rf":{_BRANCH}",), "-n --dry-run"),
    # rights
    Form("chmod", ("-R --recursive",), (_EVERYONE, ".+")),
    Form("chmod", (), (_EVERYONE, _SHARED)),
    Form("chmod", ("-R --recursive",), (SYSTEM,)),
    Form("chmod", (), (r"[ugoa]*\+[rwx]*s[rwx]*|[4-7][0-7]{3}", _SHELL)),
    Form("chown|chgrp", ("-R --recursive",), (SYSTEM,)),
    Form("icacls", (), (r"(?i)(?:Everyone|\*S-1-1-0):.*F\)?.*",), windows=True),
    Form("passwd", ("-d --delete",), (".+",)),
    Form("xhost", (), (r"\+",)),
    # guards
    Form("setenforce", (), ("0|(?i:permissive)",)),
    Form("ufw disable|reset"),
    Form("ufw", (), ("disable|reset",), "--dry-run"),
    Form("iptables|ip6tables|iptables-legacy|iptables-nft", ("-F --flush",)),
    Form("iptables|ip6tables|iptables-legacy|iptables-nft", ("-P --policy",), ("INPUT|FORWARD", "ACCEPT")),
    Form("nft flush ruleset"),
    Form("pfctl", ("-d -F",)),
    Form("systemctl stop|disable|mask|kill", (), (r"(?:firewalld|ufw|apparmor|nftables|iptables|ip6tables|fail2ban|auditd)(?:\.service)?",)),
    Form("netsh advfirewall set", (), ("state", "off"), windows=True),
    Form("netsh firewall set", (), ("disable", "opmode"), windows=True),
    Form("Set-NetFirewallProfile", ("-Enabled",), (r"\$?(?i:false)|0",), windows=True),
    Form("Stop-Service|Set-Service", (), ("(?i:MpsSvc|WinDefend)",), windows=True),
    Form("Set-MpPreference", ("-DisableRealtimeMonitoring",), (r"\$?(?i:true)|1",), windows=True),
    Form("spctl", ("--master-disable --global-disable",)),
    Form("csrutil disable"),
)  # fmt: skip


LISTERS = (
    Form("find|gfind|ls", (), (PRECIOUS,), _NARROWED),
    Form("Get-ChildItem|gci|dir|ls|Get-Item|gi", (), (PRECIOUS,), "-Filter -Include -Exclude", windows=True),
)
"""What names all that is in a place, for another command to remove."""

_REMOVERS = frozenset(["rm", "rmdir", "unlink", "shred", "srm", "rd", "ri", "del", "erase", "remove-item"])
_FOR_EACH = frozenset({"foreach-object", "foreach", "%"})

_NAME = r"[\w.\"'`<>{}\[\]$%:-]+"
_CLOSE = r"(?:\s*(?:CASCADE|RESTRICT|PURGE|FORCE|SYNC|RESTART\s+IDENTITY(?:\s+CASCADE)?|WITH\s*\(\s*FORCE\s*\)))*\s*(?:;|[\"'`)]|\\[\"']|$|\n|--)"
_DROPPED = r"(?:DATABASE|SCHEMA|TABLE|KEYSPACE|TABLESPACE|COLLECTION|BUCKET|MEASUREMENT)"

PHRASES = PhraseTable(
    # what does harm in another language than that of a shell
    phrase("drop", rf"\bDROP\s+{_DROPPED}S?\s+[\w\"'`<{{$\[]"),
    phrase("drop", rf"(?i)\bdrop\s+{_DROPPED}\s+(?:if\s+exists\s+)?{_NAME}(?:\s*,\s*{_NAME})*{_CLOSE}"),
    phrase("drop", rf"(?i)\bdrop\s+{_DROPPED}\s+if\s+exists\s+{_NAME}"),
    phrase("drop", r"(?i)\bALTER\s+TABLE\s+\S+\s+DROP\s+COLUMN\s+\S+"),
    phrase("truncate", r"\bTRUNCATE\s+TABLE\s+[\w\"'`<{$\[]"),
    phrase("truncate", rf"(?i)\btruncate\s+(?:table\s+)?(?:only\s+)?{_NAME}(?:\s*,\s*{_NAME})*{_CLOSE}"),
    phrase("delete", rf"\bDELETE\s+FROM\s+{_NAME}\s*(?:;|[\"'`)]|\\[\"']|$|\n)"),
    phrase("delete", rf"(?i)\bdelete\s+from\s+{_NAME}\s*(?:where\s+(?:1\s*=\s*1|true)\s*)?;"),
    phrase("flush", r"\b(?:FLUSHALL|FLUSHDB|flushall|flushdb)\b"),
    phrase("drop", r"\bdropDatabase\(|\bdrop_database\(|\.drop\(\)"),
    phrase("delete", r"\.deleteMany\(\s*\{\s*\}\s*\)|\.delete_many\(\s*\{\s*\}\s*\)"),
    phrase("delete", r"(?i)\b(?:-X\s*|--request[ =])[\"']?DELETE\b[^\n;|&]*/(?:_all|\*)(?:[\s\"'`?]|$)"),
    phrase("/dev/", rf">\|?\s*{DISK}"),
    phrase(":|:", r":\s*\(\)\s*\{\s*:\s*\|\s*:\s*&\s*\}\s*;\s*:"),
    phrase(
        "service_firewalld service_ufw service_apparmor service_nftables service_iptables service_ip6tables service_fail2ban service_auditd",
        r"\bservice\s+(?:firewalld|ufw|apparmor|nftables|ip6?tables|fail2ban|auditd)\s+stop\b",
    ),
    phrase("mpssvc windefend", r"(?i)\b(?:net|sc(?:\.exe)?)\s+(?:stop|delete|config)\s+(?:MpsSvc|WinDefend)\b"),
    phrase("nopasswd", r"\bNOPASSWD:\s*(?:ALL\b|/)"),
    phrase("selinux", r"\bSELINUX=(?:disabled|permissive)\b"),
    phrase("rmtree", rf"\b(?:rmtree|remove_tree)\(\s*[\"'](?:{PRECIOUS})[\"']"),
    phrase("dirsync", rf"\brmdirSync\(\s*[\"'](?:{PRECIOUS})[\"']"),
    phrase("rmsync", rf"\brmSync\(\s*[\"'](?:{PRECIOUS})[\"']"),
    phrase("rm_rf rm_r", rf"\b(?:rm_rf|rm_r)\s*\(?\s*[\"'](?:{PRECIOUS})[\"']"),
    phrase("removeall", rf"\bRemoveAll\(\s*\"(?:{PRECIOUS})\""),
    phrase("remove_dir_all", rf"\bremove_dir_all\(\s*\"(?:{PRECIOUS})\""),
)

NAMES = tuple(sorted({name for form in (*FORMS, *LISTERS) for name in form.names}))


def _by_name(forms: Sequence[Form]) -> dict[str, list[Form]]:
    by_name: dict[str, list[Form]] = {}
    for form in forms:
        for name in {name.lower() for name in form.names}:
            by_name.setdefault(name, []).append(form)
    return by_name


_BY_NAME, _LISTERS_BY_NAME = _by_name(FORMS), _by_name(LISTERS)
_BEGINNING = shell.scanner(NAMES)
WORDS = f"(?:{_BEGINNING})|{PHRASES.words}"
"""An RE2 pattern that is in every text in which anything is found, and in all texts together, a line each."""

SCREEN = f"{shell.screen(NAMES)}|{PHRASES.screen}"
"""What every text has in it, as JSON spells it, in which `harmful` finds anything."""


def harmful(reader: shell.ShellReader) -> list[tuple[int, int]]:
    """Where the text of a reader has a command that takes data with it or opens a system: each one's beginning and end."""
    return sorted({*_called(reader), *PHRASES.places(reader.text)})


def _called(reader: shell.ShellReader) -> Iterator[tuple[int, int]]:
    for command in reader.commands(_BEGINNING):
        call = shell.Call(command.words, shell.entered(reader.text, command.start))
        if any(call.is_of(form) for form in _BY_NAME.get(call.name, ())):
            yield command.start, command.end
        elif any(call.is_of(form) for form in _LISTERS_BY_NAME.get(call.name, ())):
            stage = next(reader.stages(command), None)
            if stage is not None and _removes(stage):
                yield command.start, stage.end


def _removes(stage: shell.Command) -> bool:
    """Whether a command removes what it reads the names of: `xargs rm`, `ForEach-Object { Remove-Item $_ }`."""
    words = shell.bare(stage)
    if words and words[0].text.lower() in _FOR_EACH:
        words = tuple(word for word in words[1:] if word.text != "{")
    call = shell.Call(words)
    return call.name in _REMOVERS and not call.has("-WhatIf -whatif --help")
