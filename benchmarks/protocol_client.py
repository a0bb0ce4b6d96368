"""A session without a browser: speaks to the dashboard's server as Streamlit's page does, draws nothing."""

from types import TracebackType

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

ENDPOINT = "_stcore/stream"
SUBPROTOCOL = "streamlit"
LARGEST_MESSAGE = 256 * 2**20


class ProtocolClient:
    """One session: a page is asked for over the web socket, and all messages are taken until its script ends.

    address: ws://host:port
    """

    def __init__(self, address: str) -> None:
        self._connecting = connect(
            f"{address}/{ENDPOINT}", subprotocols=[SUBPROTOCOL], max_size=LARGEST_MESSAGE
        )

    async def __aenter__(self) -> "ProtocolClient":
        self._socket = await self._connecting
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.close()

    async def open(self, view: str, query: str = "") -> list[str]:
        """Ask for a page and wait for the end of its script.

        view: its name in the URL ("" for Home); query: without "?". Returns the exceptions on the page.
        """
        request = BackMsg()
        request.rerun_script.page_name = view
        request.rerun_script.query_string = query
        await self._socket.send(request.SerializeToString())
        exceptions = []
        while True:
            message = ForwardMsg.FromString(await self._socket.recv())
            kind = message.WhichOneof("type")
            if kind == "script_finished":
                return exceptions
            if kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
                exceptions.append(message.delta.new_element.exception.message)
