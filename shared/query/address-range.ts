import { BlockList, isIP, isIPv4 } from 'node:net';
import { canonicalAddress } from '../audit-event/ip-address.ts';

/**
 * A range of addresses in CIDR notation (RFC 4632, RFC 4291, 2.3), such as `10.0.0.0/8` or `2001:db8::/32`. Bits after the
 * prefix do not count. A range within `::ffff:0:0/96` is one of IPv4 addresses, as the addresses in it are.
 * @returns the range with its address in the one spelling; undefined if the text is none
 */
export function canonicalRange(text: string): string | undefined {
  const [, address, digits] = /^([^/%]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  if (address === undefined || isIP(address) === 0) return undefined;
  const prefix = Number(digits);
  if (prefix > WIDTH[familyOf(address)]) return undefined;
  const canonical = canonicalAddress(address);
  if (familyOf(canonical) === familyOf(address)) return `${canonical}/${prefix}`;
  return prefix >= MAPPED_PREFIX ? `${canonical}/${prefix - MAPPED_PREFIX}` : `::/${prefix}`;
}

type Family = 'ipv4' | 'ipv6';

const WIDTH: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };
const MAPPED_PREFIX = 96;

const familyOf = (address: string): Family => (isIPv4(address) ? 'ipv4' : 'ipv6');

/**
 * @param values canonical ranges, and texts that are to be met exactly, as `Criteria.sourceIp` has them
 * @returns whether a source fits one of them: an address in any spelling, or another text
 */
export function sourceMatcher(values: readonly string[]): (source: string) => boolean {
  const exact = new Set(values.filter((value) => !value.includes('/')));
  // Of each family: Node compares an IPv4 address with IPv6 ranges, too, and `::/0` would have them all.
  const ranges = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const value of values) {
    const [address, prefix] = value.split('/') as [string, string?];
    if (prefix !== undefined) ranges[familyOf(address)].addSubnet(address, Number(prefix), familyOf(address));
  }
  return (source) => {
    const canonical = canonicalAddress(source);
    if (exact.has(canonical)) return true;
    return isIP(canonical) !== 0 && ranges[familyOf(canonical)].check(canonical, familyOf(canonical));
  };
}
