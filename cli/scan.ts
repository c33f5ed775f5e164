export async function runScan(): Promise<number> {
  return 2;
}
