/** How many files, and bytes of them, may be at work; one file always may, however big. */
export class Slots {
  private readonly maxFiles: number;
  private readonly maxBytes: number;
  private files = 0;
  private bytes = 0;
  private wake: (() => void) | undefined;

  constructor(maxFiles: number, maxBytes: number) {
    this.maxFiles = maxFiles;
    this.maxBytes = maxBytes;
  }

  /**
   * Waits for a free slot; by one at a time.
   * @returns what gives the slot back, the first time it is called
   */
  async take(bytes: number): Promise<() => void> {
    while (this.files > 0 && (this.files >= this.maxFiles || this.bytes + bytes > this.maxBytes)) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    this.files += 1;
    this.bytes += bytes;
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      this.files -= 1;
      this.bytes -= bytes;
      this.wake?.();
    };
  }
}
