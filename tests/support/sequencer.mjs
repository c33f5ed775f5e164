import Sequencer from '@jest/test-sequencer';

/** Short files whose tests take long. A clean checkout has no record of times: Jest would start them last, and one worker would wait. */
const LONG =
  /\/tests\/(integrity\/verify-bucket|console\/browser\/(many-events|tasks|events|accessible|hostile)|faults\/(bad-input|killed|endurance|serve-soak)|readme|bundles|deploy\/parameters|end-to-end\/query|aws\/dynamodb|cli\/(aws-settings|times)|local\/listening|records\/record-scanner)\.test\.ts$/;

export default class extends Sequencer {
  sort(tests) {
    const isLong = ({ path }) => LONG.test(path);
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
}
