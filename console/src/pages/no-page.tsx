import Box from '@cloudscape-design/components/box';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import { hrefOf } from '../lib/route.ts';

export function NoPage() {
  return (
    <ContentLayout header={<Header variant="h1">There is no such page</Header>}>
      <Box>
        The address may be cut off. <Link href={hrefOf([])}>Show all events</Link>
      </Box>
    </ContentLayout>
  );
}
