import fc from '../../node_modules/fast-check/lib/fast-check.js';
import { SEED, scaled } from './scale.ts';

// In place of the package (jest.config.mjs): whether a change lands does not depend on luck. The full scale draws new inputs.
fc.configureGlobal(scaled({ seed: SEED }, {}));

export default fc;
