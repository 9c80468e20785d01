/** What runs inside the tiny guest. Both are busybox sh. */

// Drivers for what hypervisors offer: VMware (pvscsi, vmxnet3, ide) and KVM (virtio, ide).
export const wantedModules = [
  'virtio_pci',
  'virtio_blk',
  'virtio_scsi',
  'virtio_net',
  'vmw_pvscsi',
  'vmxnet3',
  'ata_piix',
  'sd_mod',
  'button',
  'evdev',
] as const

/** First program: loads drivers, finds the root by its label, hands over. */
export const initramfsInit = `#!/bin/sh
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read module; do insmod "/modules/$module" 2>/dev/null; done < /modules/order
n=0
while [ $n -lt 100 ]; do
  root=$(findfs LABEL=TROOT 2>/dev/null) && break
  n=$((n + 1))
  sleep 0.1
done
if [ -z "$root" ]; then echo TINY-NOROOT > /dev/ttyS0; poweroff -f; fi
mount -t ext4 -o rw "$root" /root || { echo TINY-NOMOUNT > /dev/ttyS0; poweroff -f; }
mount --move /dev /root/dev
mount --move /sys /root/sys
mount --move /proc /root/proc
exec switch_root /root /sbin/guest-init
`

/** Prints one line on ttyS0 when the guest is up, then answers lines on ttyS1: ping, disks, sums, sync, off. */
export const guestInit = `#!/bin/sh
export PATH=/bin:/sbin
echo 0 > /proc/sys/kernel/printk
hostname tiny
mount -t tmpfs tmp /tmp
nic= mac= ip=
for path in /sys/class/net/*; do
  name=\${path##*/}
  [ "$name" = lo ] && continue
  nic=$name
  mac=$(cat "$path/address")
  ip link set "$name" up
  udhcpc -i "$name" -n -q -t 3 -T 1 -s /sbin/dhcp-script > /dev/null 2>&1
  ip=$(ip -4 addr show "$name" | sed -n 's/.*inet \\([0-9.]*\\).*/\\1/p')
  break
done
disks() {
  for path in /sys/block/*; do
    name=\${path##*/}
    case $name in ram*|loop*|fd*|sr*) continue ;; esac
    serial=$(cat "$path/serial" 2>/dev/null)
    [ -z "$serial" ] && serial=$(tr -cd 'A-Za-z0-9-' < "$path/device/vpd_pg80" 2>/dev/null)
    printf '%s:%s:%s ' "$name" "$serial" "$(cat "$path/size")"
  done
}
nonce=$(cat /proc/sys/kernel/random/uuid)
echo "TINY-UP nonce=$nonce nic=$nic mac=$mac ip=$ip disks=$(disks)" > /dev/ttyS0
acpid -d > /dev/null 2>&1 &
if [ ! -c /dev/ttyS1 ] || ! stty -F /dev/ttyS1 raw -echo 2>/dev/null; then
  while true; do sleep 3600; done
fi
exec < /dev/ttyS1 > /dev/ttyS1
while read -r word rest; do
  case $word in
    ping) echo "pong $rest" ;;
    disks) echo "disks $(disks)" ;;
    sums)
      if (cd /data && sha256sum -c -s SHA256SUMS); then echo "sums ok $(wc -l < /data/SHA256SUMS)"
      else echo 'sums bad'; fi ;;
    sync) sync; echo 'sync ok' ;;
    off) sync; echo 'off ok'; poweroff -f ;;
    *) echo "unknown $word" ;;
  esac
done
while true; do sleep 3600; done
`

/** Gives the NIC the address that DHCP offered. */
export const dhcpScript = `#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr flush dev "$interface"
ip addr add "$ip/\${mask:-24}" dev "$interface"
[ -n "$router" ] && ip route add default via "\${router%% *}" dev "$interface"
exit 0
`

/** A hypervisor's power button. */
export const powerButton = `#!/bin/sh
sync
poweroff -f
`

export const grubConfig = `set timeout=0
serial --unit=0 --speed=115200
terminal_output serial
linux /boot/vmlinuz console=ttyS0 quiet panic=1
initrd /boot/initrd.img
boot
`

/** Baked into the boot loader: where to find the rest. */
export const grubEarlyConfig = `set root=(hd0,msdos1)
set prefix=(hd0,msdos1)/boot/grub
configfile /boot/grub/grub.cfg
`
