/** The version of this program; a test holds it equal to that in package.json, which a bundle does not have beside it. */
export const VERSION = '0.1.0';
