export default function WorkspacePage() {
  return null;
}
