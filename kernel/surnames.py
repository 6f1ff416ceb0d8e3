"""Family names, as far as masking and telling people from firms need them."""

# Two characters each.
_COMPOUND = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容仲孙钟离长孙"
    "宇文司徒鲜于司空闾丘子车亓官司寇巫马公西颛孙壤驷公良漆雕乐正宰父谷梁拓跋夹谷轩辕令狐段干百里呼延东郭南门羊舌"
    "微生梁丘左丘西门第五南荣即墨达奚褚师纳兰"
)
COMPOUND = frozenset(_COMPOUND[start : start + 2] for start in range(0, len(_COMPOUND), 2))

# The single family names most people bear, and those common around Shishi (施 蔡 许 洪 庄 邱 柯 佘 粘 …).
SINGLE = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤施洪庄柯佘颜尤纪"
    "骆连涂翁詹欧阮温游倪章俞柳鲁葛华祝乔殷齐岳易伍聂康邢季盛辛管祁焦耿舒屈项解牛凌霍左包关梅毕樊傅萧阎丘巫卓简邬"
    "粘吉蓝畲麦甘候池饶甄单宁景冷苗裴房靳兰鲍费童成时路安常申卜柴翟蒙鞠沙宫"
)


def surname_length(name: str) -> int:
    """2 for a compound family name followed by something, else 1."""
    return 2 if name[:2] in COMPOUND and len(name) > 2 else 1
