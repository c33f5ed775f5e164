import type { PropertyFilterProps } from '@cloudscape-design/components/property-filter';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { displayText } from '../../../../shared/render/display.ts';
import { fetchText } from '../../lib/api.ts';
import { FIXED_OPTIONS, isTextCriterion, questionOf } from '../../lib/criteria.ts';
import { apiPath } from '../../lib/paths.ts';
import { useSession } from '../../lib/session.tsx';

/** The answer of /values. */
interface Values {
  of: string;
  values: { name: string; events: number }[];
}

type Suggestions = Pick<PropertyFilterProps, 'filteringOptions' | 'filteringStatusType' | 'onLoadItems'>;

/** The values of the filter: for the property that somebody is choosing, those of the newest events, with their numbers. */
export function useSuggestions(params: URLSearchParams): Suggestions {
  const { caller, info, aliases } = useSession();
  const question = questionOf(params).toString();
  const [loaded, setLoaded] = useState<{ question: string; options: readonly PropertyFilterProps.FilteringOption[] }>();
  const [status, setStatus] = useState<PropertyFilterProps.StatusType>('finished');
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
      const criterion = detail.filteringProperty?.key ?? '';
      if (isTextCriterion(criterion)) void load(criterion, detail.samePage);
    },
    [load],
  );
  const options = useMemo(() => {
    const current = loaded?.question === question ? loaded.options : [];
    const known = new Set(current.map(({ propertyKey, value }) => `${propertyKey}=${value}`));
    return [...current, ...FIXED_OPTIONS.filter(({ propertyKey, value }) => !known.has(`${propertyKey}=${value}`))];
  }, [loaded, question]);
  return { filteringOptions: options, filteringStatusType: status, onLoadItems };
}
