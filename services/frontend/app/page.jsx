export default function Home() {
  return (
    <>
      <h1>Alternate Futures</h1>
      <p>Services for the futures that you would rather have.</p>
    </>
  );
}
