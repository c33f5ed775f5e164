import type { PropertyFilterProps } from '@cloudscape-design/components/property-filter';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { displayText } from '../../../../shared/render/display.ts';
import type { EnvironmentList } from '../../lib/answers.ts';
import { fetchText } from '../../lib/api.ts';
import { FIXED_OPTIONS, isTextCriterion, questionOf } from '../../lib/criteria.ts';
import { apiPath } from '../../lib/paths.ts';
import { useSession } from '../../lib/session.tsx';
import { useAnswer } from '../../lib/use-answer.ts';

/** The answer of /values. */
interface Values {
  of: string;
  values: { name: string; events: number }[];
}

type Suggestions = Pick<PropertyFilterProps, 'filteringOptions' | 'filteringStatusType' | 'onLoadItems'>;

/**
 * The values of the filter: for the property that somebody is choosing, those of the newest events, with their numbers; for a text
 * without a property, users and environments.
 */
export function useSuggestions(params: URLSearchParams): Suggestions {
  const { caller, info, aliases } = useSession();
  const question = questionOf(params).toString();
  const [loaded, setLoaded] = useState<{ question: string; options: readonly PropertyFilterProps.FilteringOption[] }>();
  const [status, setStatus] = useState<PropertyFilterProps.StatusType>('finished');
  const [isBare, setIsBare] = useState(false);
  const environments = useAnswer<EnvironmentList>(
    isBare && info.environment === undefined ? '/environments' : undefined,
  ).data?.environments;
  const request = useRef<{ key: string; controller: AbortController }>(undefined);
  useEffect(() => () => request.current?.controller.abort(), []);
  const load = useCallback(
    async (criterion: string, again: boolean) => {
      const key = `${criterion}?${question}`;
      if (request.current?.key === key && !again) return;
      request.current?.controller.abort();
      const controller = new AbortController();
      request.current = { key, controller };
      setStatus('loading');
      try {
        const asked = new URLSearchParams([['of', criterion], ...new URLSearchParams(question)]);
        const { text } = await fetchText(apiPath(info, '/values', asked), caller, controller);
        const { values }: Values = JSON.parse(text);
        const options = values.map(({ name, events }) => ({
          propertyKey: criterion,
          value: name,
          label: displayText(name),
          tags: [
            ...(criterion === 'user' && aliases.has(name) ? [displayText(aliases.get(name) ?? '')] : []),
            `${events.toLocaleString('en-US')} ${events === 1 ? 'event' : 'events'}`,
          ],
        }));
        setLoaded({ question, options });
        setStatus('finished');
      } catch {
        if (controller.signal.aborted) return;
        request.current = undefined;
        setStatus('error');
      }
    },
    [question, caller, info, aliases],
  );
  const onLoadItems: NonNullable<PropertyFilterProps['onLoadItems']> = useCallback(
    ({ detail }) => {
      const bare = detail.filteringProperty === undefined && detail.filteringText !== '';
      setIsBare(bare);
      const criterion = detail.filteringProperty?.key ?? (bare ? 'user' : '');
      if (isTextCriterion(criterion)) void load(criterion, detail.samePage);
    },
    [load],
  );
  const options = useMemo(() => {
    const current = loaded?.question === question ? loaded.options : [];
    const names = isBare ? new Set(environments?.map(({ environment }) => environment)) : [];
    const others = [
      ...[...names].map((value) => ({ propertyKey: 'environment', value, label: displayText(value) })),
      ...FIXED_OPTIONS,
    ];
    const known = new Set(current.map(({ propertyKey, value }) => `${propertyKey}=${value}`));
    return [...current, ...others.filter(({ propertyKey, value }) => !known.has(`${propertyKey}=${value}`))];
  }, [loaded, question, isBare, environments]);
  return { filteringOptions: options, filteringStatusType: status, onLoadItems };
}
