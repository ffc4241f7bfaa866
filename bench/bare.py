"""A Socket.IO server that does nothing but emit one message to everybody: what no live page can be quicker than."""

import json

import socketio
import uvicorn
from starlette.types import Receive, Scope, Send


async def serve(port: int, size: int) -> None:
    """`POST /emit?n=1` emits `size` bytes to every socket, as NiceGUI's update of one page would be."""
    server = socketio.AsyncServer(async_mode='asgi', cors_allowed_origins='*')
    filling = 'x' * max(0, size - 60)

    async def emit(scope: Scope, receive: Receive, send: Send) -> None:
        number = int(scope['query_string'].decode().removeprefix('n=') or 0)
        await server.emit('update', {'value': number, 'filling': filling})
        await send({'type': 'http.response.start', 'status': 303, 'headers': []})
        await send({'type': 'http.response.body', 'body': b''})

    app = socketio.ASGIApp(server, emit, socketio_path='/socket.io')
    await uvicorn.Server(uvicorn.Config(app, host='127.0.0.1', port=port, log_level='error')).serve()


def message(number: int) -> str:
    """What is looked for in a message."""
    return json.dumps({'value': number})[1:-1].replace(' ', '')
