/** Questions that are asked often. Each sets some filters, and leaves the others as they are. */
interface Preset {
  id: string;
  text: string;
  filters: readonly (readonly [name: string, value: string])[];
}

export const PRESETS: readonly Preset[] = [
  { id: 'all', text: 'All', filters: [] },
  { id: 'changes', text: 'Changes', filters: [['changes', 'true']] },
  {
    id: 'errors',
    text: 'Denied or failed',
    filters: [
      ['outcome', 'denied'],
      ['outcome', 'failed'],
    ],
  },
  {
    id: 'logins',
    text: 'Logins',
    filters: [
      ['action', 'web-token.create'],
      ['action', 'cli-token.create'],
    ],
  },
];

const NAMES = new Set(PRESETS.flatMap(({ filters }) => filters.map(([name]) => name)));

/** The preset that a question has, or null: of the criteria that presets set, it has exactly those of one. */
export function presetOf(params: URLSearchParams): string | null {
  const set = [...params].filter(([name]) => NAMES.has(name));
  const textOf = (pairs: readonly (readonly [string, string])[]) => JSON.stringify([...pairs].map(String).sort());
  return PRESETS.find(({ filters }) => textOf(filters) === textOf(set))?.id ?? null;
}

/** The question with the filters of a preset in place of those of any other. */
export function withPreset(params: URLSearchParams, id: string): URLSearchParams {
  const changed = new URLSearchParams(params);
  for (const name of NAMES) changed.delete(name);
  for (const [name, value] of PRESETS.find((preset) => preset.id === id)?.filters ?? []) changed.append(name, value);
  return changed;
}
