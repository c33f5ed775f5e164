import { attributeNamed } from '../shared/audit-event/attributes.ts';
import { ATTRIBUTE_FIELDS, DERIVED_FIELDS } from '../shared/detect/fields.ts';
import { LEVELS } from '../shared/detect/level.ts';
import { readRules } from '../shared/detect/read-rules.ts';
import type { Rule } from '../shared/detect/rule.ts';
import { loadRules } from './detect/load-rules.ts';

/** Returns docs/detections.md with its tables made anew from the rules and the fields. */
export async function detectionReference(document: string): Promise<string> {
  const { rules } = readRules(await loadRules([]));
  return replaced(replaced(document, 'rules', ruleTable(rules)), 'fields', fieldTable());
}

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. */
function replaced(document: string, name: string, by: string): string {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const [from, to] = [document.indexOf(begin) + begin.length, document.indexOf(end)];
  if (from < begin.length || to < from) throw new Error(`docs/detections.md: expected ${begin}${end}`);
  return `${document.slice(0, from)}\n${by}\n${document.slice(to)}`;
}

function ruleTable(rules: readonly Rule[]): string {
  const shown = rules
    .filter((rule) => rule.kind === 'correlation' || !rule.isPart)
    .sort((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level) || (a.title < b.title ? -1 : 1));
  const rows = shown.map(({ title, path, level, description, tags }) => {
    const techniques = tags.map((tag) => tag.replace(/^attack\./, '').toUpperCase()).join(', ');
    return `| [${title}](../${path}) | ${level} | ${techniques} | ${description.trim()} |`;
  });
  return ['| rule | level | ATT&CK | what it finds |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function fieldTable(): string {
  const rows = [
    ...ATTRIBUTE_FIELDS.map((name) => [name, attributeNamed(name).says]),
    ...Object.entries(DERIVED_FIELDS),
  ].map(([name, says]) => `| \`mwaa.${name}\` | ${says} |`);
  return ['| field | what it is |', '|---|---|', ...rows, ''].join('\n');
}
