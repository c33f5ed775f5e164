/**
 * The one spelling of an IP address: that of RFC 5952 for IPv6 (lower case, the longest run of zeros as `::`). An IPv4
 * address that is written as IPv6 (`::ffff:192.0.2.1`, RFC 4291, 2.5.5.2) is that IPv4 address. A zone (`fe80::1%eth0`, RFC 4007,
 * 11) stays as it is written, and so do other texts, such as the name of a service.
 */
export function canonicalAddress(text: string): string {
  const [, inZone, zone] = /^([^%]+)(%.+)$/s.exec(text) ?? [];
  if (inZone?.includes(':')) return `${canonicalAddress(inZone)}${zone}`;
  // URLs write addresses so, and this stage has no sockets. https://url.spec.whatwg.org/#concept-ipv6-serializer
  const url = /^[\da-f.]*:[\da-f:.]*$/i.test(text) ? URL.parse(`http://[${text}]/`) : null;
  if (url === null) return text;
  const address = url.hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  return [high, low].flatMap((group) => bytesOf(Number.parseInt(group, 16))).join('.');
}

const bytesOf = (group: number) => [group >>> 8, group & 255];
