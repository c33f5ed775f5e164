export interface Package {
  path: string;
  name: string;
  version: string;
  license: string;
}
export declare function bundledPackages(targets: string[]): Promise<Package[]>;
export declare function installedPackages(): Promise<Package[]>;
export declare function noticesOf(packages: Package[]): Promise<string>;
