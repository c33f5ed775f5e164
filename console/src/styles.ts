// The styles of all pages are one file, because a page that is loaded later would come without its own. The build keeps nothing else
// of this module.
export * from './main.tsx';
export * from './pages/compare/compare-page.tsx';
export * from './pages/environments/environment-page.tsx';
export * from './pages/environments/environments-page.tsx';
export * from './pages/event/event-page.tsx';
export * from './pages/overview/overview-page.tsx';
export * from './pages/trust/trust-page.tsx';
export * from './pages/users/user-page.tsx';
export * from './pages/users/users-page.tsx';
