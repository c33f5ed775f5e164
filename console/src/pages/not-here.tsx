import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import { displayText } from '../../../shared/render/display.ts';
import { PageLink } from '../components/value.tsx';
import { hrefOf } from '../lib/route.ts';

/** In the console of one environment, nothing about others can be asked. */
export function NotHere({ only }: { only: string }) {
  return (
    <ContentLayout header={<Header variant="h1">Not in this console</Header>}>
      This console shows {displayText(only)} alone.{' '}
      <PageLink href={hrefOf(['environments', only])}>Show {displayText(only)}</PageLink>
    </ContentLayout>
  );
}
