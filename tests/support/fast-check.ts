import fc from 'fast-check';
import { SEED, scaled } from './scale.ts';

// Before any test (jest.config.mjs): whether a change lands does not depend on luck. The full scale draws new inputs.
fc.configureGlobal(scaled({ seed: SEED }, {}));
