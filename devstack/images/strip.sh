#!/bin/sh
# Take from an image what its service does not need: installers, fetchers, caches, setuid
# bits, places that anybody may write to. The words name tools that stay.
#   RUN --mount=type=bind,source=devstack/images/strip.sh,target=/strip.sh sh /strip.sh
set -eu

for folder in /bin /sbin /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin; do
    for tool in apk 'apt' 'apt-*' dpkg 'dpkg-*' curl wget nc ncat netcat telnet tftp \
        ftpget ftpput git pip 'pip3*' easy_install; do
        case " $* " in *" $tool "*) continue ;; esac
        # Unquoted: the pattern is meant.
        rm -f "$folder"/$tool
    done
done
# Wherever this Python keeps them: they differ between Debian's and the official image.
for root in /usr/local/lib /usr/lib; do
    for name in pip setuptools wheel ensurepip; do
        rm -rf "$root"/python3*/"$name" "$root"/python3*/*-packages/"$name" \
            "$root"/python3*/*-packages/"$name"-*
    done
done
rm -rf /usr/share/python-wheels /var/lib/apt/lists/* /var/cache/apt/* /var/cache/apk/* \
    /var/cache/debconf/* /root/.cache /root/.npm
find / -xdev -type f -perm /6000 -exec chmod a-s {} +
find / -xdev -type d -perm -0002 ! -path /tmp ! -path '/proc/*' ! -path '/sys/*' \
    ! -path '/dev/*' -exec chmod o-w {} +
