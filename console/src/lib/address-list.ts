import { type ListState, readListState, withListState } from './list-state.ts';
import { hrefOf, navigate } from './route.ts';

/** The state of the list of a page, which its address has. Filtering is no step to go back to. */
export function listStateIn(segments: readonly string[], params: URLSearchParams) {
  const state = readListState(params);
  const onStateChange = (changed: ListState) =>
    navigate(hrefOf(segments, withListState(params, changed)), { replace: changed.filter !== state.filter });
  return { state, onStateChange };
}
