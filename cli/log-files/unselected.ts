/** The organization, account, Region and time of a log file or folder, as far as its name tells. */
interface Whereabouts {
  organization?: string | undefined;
  /** Absent if a log file's key has none; `-` is shown for it. */
  account?: string | undefined;
  region?: string | undefined;
  /** `2026`, `2026-11` or `2026-11-02`. */
  period?: string | undefined;
}

/** What a listing found, but did not select; reported if nothing was selected. */
export class Unselected {
  private readonly organizations = new Set<string | undefined>();
  private readonly accounts = new Set<string | undefined>();
  private readonly regions = new Set<string | undefined>();
  private readonly periods = new Set<string | undefined>();
  isEmpty = true;

  add({ organization, account, region, period }: Whereabouts): void {
    this.isEmpty = false;
    this.organizations.add(organization);
    this.accounts.add(account);
    this.regions.add(region);
    this.periods.add(period);
  }

  /** The names, sorted; `days` are the first and the last. */
  summary(): { organizations: string[]; accounts: string[]; regions: string[]; days: string[] } {
    const sorted = (names: Set<string | undefined>) => [...names].filter((name) => name !== undefined).sort();
    const days = sorted(this.periods);
    return {
      organizations: sorted(this.organizations),
      accounts: sorted(this.accounts),
      regions: sorted(this.regions),
      days: days.filter((_, i) => i === 0 || i === days.length - 1),
    };
  }
}
