import { isIP, isIPv4, SocketAddress } from 'node:net';

/**
 * The one spelling of an IP address: that of RFC 5952 for IPv6 (lower case, the longest run of zeros as `::`). An IPv4
 * address that is written as IPv6 (`::ffff:192.0.2.1`, RFC 4291, 2.5.5.2) is that IPv4 address. Other texts, such as the
 * name of a service or an address with a zone, are returned as they are.
 */
export function canonicalAddress(text: string): string {
  if (isIP(text) !== 6 || text.includes('%')) return text;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  const embedded = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : '';
  return isIPv4(embedded) ? embedded : address;
}

const MAPPED = '::ffff:';
