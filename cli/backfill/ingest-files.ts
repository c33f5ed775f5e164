export async function ingestFiles(..._: unknown[]): Promise<void> {}
