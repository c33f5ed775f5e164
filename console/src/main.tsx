import '@cloudscape-design/global-styles/index.css';
import './console.css';
import { createRoot } from 'react-dom/client';
import { Start } from './start.tsx';

createRoot(document.querySelector('#root') ?? document.body).render(<Start />);
