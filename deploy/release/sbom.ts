/** A bill of materials in CycloneDX, as `npm sbom` writes it. https://cyclonedx.org/docs/1.5/json/ */
export interface Sbom {
  metadata: { component: Component; [name: string]: unknown };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
  [name: string]: unknown;
}
interface Component {
  'bom-ref': string;
  name: string;
  version: string;
  [name: string]: unknown;
}

/**
 * Leaves out what is not shipped: tools, and what only tests use. What is bundled is required, although npm takes it for a tool.
 * @param shipped `name@version` of each package that is
 */
export function shippedOnly(sbom: Sbom, name: string, shipped: ReadonlySet<string>): Sbom {
  const components = sbom.components
    .filter((component) => shipped.has(`${component.name}@${component.version}`))
    .map((component) => ({ ...component, scope: 'required', properties: [] }));
  // npm takes the name of the folder.
  const component = { ...sbom.metadata.component, name };
  const refs = new Set([component, ...components].map((one) => one['bom-ref']));
  const dependencies = sbom.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) }));
  return { ...sbom, metadata: { ...sbom.metadata, component }, components, dependencies };
}
