/** Of what trail, account, Region and day something is, as far as its folder or its name tells. */
export interface Whereabouts {
  organization?: string | undefined;
  /** Absent where a log file's key has none; `-` is shown for it. */
  account?: string | undefined;
  region?: string | undefined;
  /** `2026`, `2026-11` or `2026-11-02`. */
  period?: string | undefined;
}

/** What lies where a backfill looked, and was not selected: people read it when nothing was. */
export class Unselected {
  private readonly organizations = new Set<string>();
  private readonly accounts = new Set<string>();
  private readonly regions = new Set<string>();
  private first: string | undefined;
  private last: string | undefined;
  private count = 0;

  get isEmpty(): boolean {
    return this.count === 0;
  }

  add({ organization, account, region, period }: Whereabouts): void {
    this.count += 1;
    if (organization !== undefined) this.organizations.add(organization);
    if (account !== undefined) this.accounts.add(account);
    if (region !== undefined) this.regions.add(region);
    if (period === undefined) return;
    if (this.first === undefined || period < this.first) this.first = period;
    if (this.last === undefined || period > this.last) this.last = period;
  }

  /** All of it by name, in order; `days` are the first and the last. */
  summary(): { organizations: string[]; accounts: string[]; regions: string[]; days: string[] } {
    const { first, last } = this;
    const days = first === undefined || last === undefined ? [] : first === last ? [first] : [first, last];
    const [organizations, accounts, regions] = [this.organizations, this.accounts, this.regions].map((names) =>
      [...names].sort(),
    ) as [string[], string[], string[]];
    return { organizations, accounts, regions, days };
  }
}
