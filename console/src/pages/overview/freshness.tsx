import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { Completeness } from '../../../../shared/query/completeness.ts';
import { freshnessLine, problemLines } from '../../../../shared/render/completeness.ts';
import { Part } from '../../components/part.tsx';
import { PageLink } from '../../components/value.tsx';
import { useTimes } from '../../lib/preferences.tsx';
import { hrefOf } from '../../lib/route.ts';
import type { Answer } from '../../lib/use-answer.ts';

/** How new and how complete the store is. */
export function Freshness({ answer }: { answer: Answer<{ completeness: Completeness }> }) {
  const times = useTimes();
  return (
    <Part
      title="Log files"
      actions={<PageLink href={hrefOf(['trust'])}>Coverage and verification</PageLink>}
      answer={answer}
    >
      {({ completeness }) => {
        const problems = problemLines(completeness);
        return (
          <SpaceBetween size="xs">
            <Box>{freshnessLine(completeness, times) ?? 'No log file was read yet.'}</Box>
            {problems.map((line) => (
              <StatusIndicator key={line} type="warning" wrapText>
                {line}
              </StatusIndicator>
            ))}
            {problems.length === 0 && (
              <StatusIndicator type="success">Each log file that was read is stored completely.</StatusIndicator>
            )}
          </SpaceBetween>
        );
      }}
    </Part>
  );
}
